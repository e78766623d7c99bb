import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Dashboard

/// One connection's handler between the codec and a server that answers when the test says so.
@Suite struct ConnectionHandlerTests {
  private final class Connection {
    let channel = EmbeddedChannel()
    var activities: [ConnectionShares.Activity] = []
    /// Whether the end of our side waits, as it does while the peer takes nothing.
    var holdsEnd: Bool {
      get { ending.holds }
      set { ending.holds = newValue }
    }
    private let ending = HeldEnd()

    init(_ limits: ConnectionHandler.Limits = .init()) throws {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(ending)
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false, withErrorHandling: false)
      try pipeline.addHandler(
        ConnectionHandler(limits: limits) { [unowned self] in activities.append($0) })
      try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    func receive(_ text: String) throws {
      try channel.writeInbound(ByteBuffer(string: text))
    }

    /// Requests that have come to the server.
    func heads() throws -> Int {
      var count = 0
      while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
        if case .head = part { count += 1 }
      }
      return count
    }

    func answer(_ headers: HTTPHeaders = ["content-length": "2"]) throws {
      let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
      try channel.writeOutbound(HTTPServerResponsePart.head(head))
      try channel.writeOutbound(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "ok"))))
      try channel.writeOutbound(HTTPServerResponsePart.end(nil))
    }

    /// What has been sent since the last call.
    func sent() throws -> String {
      var text = ""
      while let part = try channel.readOutbound(as: ByteBuffer.self) {
        text += String(buffer: part)
      }
      return text
    }

    func setWritable(_ isWritable: Bool) {
      channel.isWritable = isWritable
      channel.pipeline.fireChannelWritabilityChanged()
    }

    func pass(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
  }

  /// Keeps the end of our side from the channel while it holds.
  private final class HeldEnd: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var holds = false

    func close(
      context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
      if mode == .output, holds { return }
      context.close(mode: mode, promise: promise)
    }
  }

  private static let get = "GET / HTTP/1.1\r\nhost: a\r\n\r\n"

  @Test func activityFollowsTheRequest() throws {
    let connection = try Connection()
    try connection.receive("POST / HTTP/1.1\r\nhost: a\r\ncontent-le")
    try connection.receive("ngth: 2\r\n\r\nx")
    try connection.receive("y")
    try connection.answer()
    #expect(connection.activities == [.idle, .receiving, .answering, .idle])
  }

  @Test func aWholeRequestIsNeverSeenAsSlow() throws {
    let connection = try Connection()
    try connection.receive(Self.get)
    try connection.answer()
    #expect(connection.activities == [.idle, .answering, .idle])
  }

  @Test(arguments: ["GET /", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\ncontent-length: 99\r\n\r\n"])
  func aRequestHasADeadlineAsAWhole(begin: String) throws {
    let connection = try Connection()
    try connection.receive(begin)
    for _ in 0..<29 {
      connection.pass(.seconds(1))
      try connection.receive("a")
    }
    #expect(connection.channel.isActive)
    connection.pass(.seconds(1))
    #expect(!connection.channel.isActive)
  }

  @Test func overTheControlSocketOnlySilenceEndsARequest() throws {
    let connection = try Connection(.init(boundsWholeRequest: false))
    try connection.receive("POST / HTTP/1.1\r\ncontent-length: 999\r\n\r\n")
    for _ in 0..<10 {
      connection.pass(.seconds(29))
      try connection.receive("a")
    }
    #expect(connection.channel.isActive)
    connection.pass(.seconds(30))
    #expect(!connection.channel.isActive)
  }

  @Test func anAnswerMayTakeItsTime() throws {
    let connection = try Connection()
    try connection.receive(Self.get)
    connection.pass(.hours(1))
    #expect(connection.channel.isActive)
    try connection.answer()
    #expect(try connection.sent().contains("200 OK"))
    connection.pass(.hours(1))
    #expect(connection.channel.isActive)
  }

  @Test func whoTakesNothingIsClosed() throws {
    let connection = try Connection()
    try connection.receive(Self.get)
    connection.setWritable(false)
    connection.pass(.seconds(29))
    connection.setWritable(true)
    connection.pass(.seconds(29))
    connection.setWritable(false)
    connection.pass(.seconds(29))
    #expect(connection.channel.isActive)
    connection.pass(.seconds(1))
    #expect(!connection.channel.isActive)
  }

  @Test func whoTakesNothingForAWhileMakesRoom() throws {
    let connection = try Connection()
    try connection.receive(Self.get)
    connection.setWritable(false)
    connection.pass(.milliseconds(999))
    #expect(connection.activities.last == .answering)
    connection.pass(.milliseconds(1))
    #expect(connection.activities.last == .stalled)
    connection.setWritable(true)
    #expect(connection.activities.last == .answering)
    connection.setWritable(false)
    try connection.answer()
    connection.pass(.seconds(2))
    #expect(connection.activities.last == .idle)
  }

  @Test func overTheControlSocketNobodyMakesRoomWithinAnAnswer() throws {
    let connection = try Connection(.init(boundsWholeRequest: false, stalled: nil))
    try connection.receive(Self.get)
    connection.setWritable(false)
    connection.pass(.seconds(29))
    #expect(connection.activities.last == .answering)
  }

  @Test func moreThanSomeRequestsAtOnceAreNotTaken() throws {
    let connection = try Connection(.init(pipelined: 3))
    try connection.receive(String(repeating: Self.get, count: 500))
    #expect(try connection.heads() == 3)
    try connection.answer()
    try connection.answer()
    #expect(try !connection.sent().contains("connection: close"))
    try connection.answer()
    #expect(try connection.sent().contains("connection: close"))
    connection.pass(.seconds(1))
    #expect(!connection.channel.isActive)
  }

  // MARK: HTTP/1.0

  /// A refusal closes behind itself. The end of our side waits for a peer that reads slowly, and the
  /// server may have answered what was taken in before.
  @Test func nothingFollowsAResponseThatCloses() throws {
    let connection = try Connection()
    connection.holdsEnd = true
    try connection.receive(Self.get + Self.get)
    #expect(try connection.heads() == 2)
    try connection.answer(["content-length": "2", "connection": "close"])
    #expect(throws: ChannelError.outputClosed) { try connection.answer() }
    #expect(try connection.sent().count(of: "HTTP/1.1 200") == 1)
  }

  @Test func chunksAreNotSentToHTTP10() throws {
    let connection = try Connection()
    try connection.receive("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
    try connection.answer([:])
    let sent = try connection.sent()
    #expect(sent.hasPrefix("HTTP/1.0 200 OK\r\n"))
    #expect(!sent.contains("transfer-encoding"))
    #expect(sent.contains("connection: close\r\n"))
    #expect(sent.hasSuffix("\r\n\r\nok"))
    connection.pass(.seconds(1))
    #expect(!connection.channel.isActive)
  }

  @Test func http10KeepsAliveWhenAskedAndPossible() throws {
    let connection = try Connection()
    try connection.receive("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
    try connection.answer()
    #expect(try connection.sent().contains("connection: keep-alive"))
    try connection.receive("GET / HTTP/1.0\r\n\r\n")
    try connection.answer()
    #expect(try connection.sent().contains("connection: close"))
    connection.pass(.seconds(1))
    #expect(!connection.channel.isActive)
  }

  // MARK: Expect: 100-continue

  private static func post(_ headers: String) -> String {
    "POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\(headers)\r\n\r\n"
  }

  @Test func aBodyIsPermittedAtOnce() throws {
    let connection = try Connection(.init(body: 10))
    try connection.receive(Self.post("content-length: 2"))
    #expect(try connection.sent() == "HTTP/1.1 100 Continue\r\n\r\n")
    try connection.receive("ab")
    try connection.answer()
    #expect(try connection.sent().hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  @Test func aBodyThatIsTooLongIsNotPermitted() throws {
    let connection = try Connection(.init(body: 10))
    try connection.receive(Self.post("content-length: 11"))
    #expect(try connection.sent() == "")
    try connection.answer(["content-length": "2", "connection": "close"])
    #expect(try connection.sent().hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  @Test func permissionWaitsForTheAnswerBefore() throws {
    let connection = try Connection()
    try connection.receive(Self.get + Self.post("content-length: 2"))
    #expect(try connection.sent() == "")
    try connection.answer()
    let sent = try connection.sent()
    #expect(sent.hasPrefix("HTTP/1.1 200 OK"))
    #expect(sent.hasSuffix("okHTTP/1.1 100 Continue\r\n\r\n"))
  }
}

extension String {
  /// How often a text is in it.
  fileprivate func count(of text: String) -> Int {
    ranges(of: text).count
  }
}
