import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server that answers as a test says, over a Unix socket or loopback.
final class ScriptedDaemon: Sendable {
  struct Request: Sendable, Equatable {
    var method: String
    var path: String
    var body: String
    var host: String?
    var authorization: String?

    /// For comparing with what a test expects.
    var line: String { "\(method) \(path)" + (body.isEmpty ? "" : " \(body)") }
  }

  struct Answer: Sendable {
    var status: Int = 200
    var body: String

    static func data(_ json: String) -> Answer {
      Answer(body: #"{"success":true,"data":\#(json)}"#)
    }

    static func failure(_ status: Int, _ message: String) -> Answer {
      Answer(status: status, body: #"{"success":false,"error":"\#(message)"}"#)
    }
  }

  private let channel: any Channel
  private let clients: Clients
  private let seen: Seen

  /// What the handlers share.
  private final class Seen: Sendable {
    let requests = Mutex<[Request]>([])
  }

  /// - Parameter socket: a Unix socket's path; nil for a free port on loopback.
  init(
    socket: String? = nil, answer: @escaping @Sendable (Request) -> Answer
  ) async throws {
    let seen = Seen()
    let clients = Clients()
    self.clients = clients
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        clients.add(channel)
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(
            Handler { request in
              seen.requests.withLock { $0.append(request) }
              return answer(request)
            })
        }
      }
    self.seen = seen
    if let socket {
      channel = try await bootstrap.bind(
        unixDomainSocketPath: socket, cleanupExistingSocketFile: true
      ).get()
    } else {
      channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    }
  }

  var port: Int { channel.localAddress?.port ?? 0 }

  var requests: [Request] { seen.requests.withLock { $0 } }

  /// The lines of the requests that would change something.
  var changes: [String] { requests.filter { $0.method == "POST" }.map(\.line) }

  /// Ends it with all its connections.
  func stop() async throws {
    try await channel.close()
    for connection in clients.withLock({ $0 }) {
      // One that the client closed before is no fault.
      try? await connection.close()
    }
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: (Request) -> Answer
    private var request = Request(method: "", path: "", body: "")

    init(answer: @escaping (Request) -> Answer) {
      self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        request = Request(
          method: head.method.rawValue, path: head.uri, body: "",
          host: head.headers.first(name: "host"),
          authorization: head.headers.first(name: "authorization"))
      case .body(let buffer): request.body += String(buffer: buffer)
      case .end:
        let answer = answer(request)
        let headers = HTTPHeaders([("content-length", "\(answer.body.utf8.count)")])
        let head = HTTPResponseHead(
          version: .http1_1, status: .init(statusCode: answer.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
          wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}

/// The open connections of a scripted server.
final class Clients: Sendable {
  private let channels = Mutex<[any Channel]>([])

  func add(_ channel: any Channel) {
    channels.withLock { $0.append(channel) }
  }

  func withLock<Result: Sendable>(_ body: (inout [any Channel]) -> Result) -> Result {
    channels.withLock { body(&$0) }
  }
}
