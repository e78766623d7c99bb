import Lanes
import Points
import Testing

@Suite(.timeLimit(.minutes(1))) struct RequestTests {
  private let line = LaneFixture.line
  private let json = #"{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00"}"#

  @Test(arguments: [
    "get_data", "get", "get_points", "get_score", "get_latest", "fetch", "REQUEST_LATEST_POINTS",
  ])
  func everyNameOfTheLine(name: String) async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("\(name)\n")
    #expect(try client.receiveOnce() == "\(line)\n")
    #expect(server.listener.requests == 1)
  }

  @Test func theOtherRequests() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("get_json\r\n")
    #expect(try client.receiveOnce() == "\(json)\n")
    try client.send("PING\0")
    #expect(try client.receiveOnce() == "pong\n")
    try client.send("help\n")
    #expect(try client.receiveOnce()?.contains("request_latest_points") == true)
    try client.send("help me\n")
    #expect(try client.receiveOnce() == "Invalid command. Use 'get_data' or 'quit'\n")
    try client.send("quit\n")
    #expect(try client.receiveOnce() == nil)
  }

  @Test func severalRequestsInOneReadAreAnsweredInOrder() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("ping\nget\n\r\nGET_JSON\nping\nx\nget_data\nget_data\nquit\nping\n")
    let invalid = "Invalid command. Use 'get_data' or 'quit'"
    #expect(
      try client.receiveToEnd() == "pong\n\(line)\n\(json)\npong\n\(invalid)\n\(line)\n\(line)\n")
    #expect(server.reader.reads == 1)
  }

  @Test func anUnterminatedWholeRequestIsAnsweredAtOnceWithoutALineFeed() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    for _ in 0..<3 {
      try client.send("get_data")
      #expect(try client.receiveOnce() == line)
    }
    try client.send("ping")
    #expect(try client.receiveOnce() == "pong")
  }

  @Test(arguments: ["\n", "\r\n", "\0"])
  func aLateTerminatorIsAnsweredWithALineFeedOnly(terminator: String) async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("get_data")
    #expect(try client.receive(asMuchAs: line) == line)
    try client.send(terminator)
    #expect(try client.receiveOnce() == "\n")
    try client.send("\nping\n")
    #expect(try client.receiveOnce() == "pong\n")
  }

  @Test func aTerminatorThatComesBeforeTheAnswerJoinsIt() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let client = try server.client()
    try client.send("get_data")
    try await server.reader.hasRead()
    try client.send("\r")
    try await server.tookIn(bytes: 9)
    try client.send("\n")
    try await server.tookIn(bytes: 10)
    server.reader.release()
    #expect(try client.receiveOnce() == "\(line)\n")
  }

  @Test func aLineFeedAfterAWatchIsNotAnswered() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("watch")
    #expect(try client.receiveOnce() == "\(line)\n")
    try client.send("\nping\n")
    #expect(try client.receiveOnce() == "pong\n")
  }

  @Test func otherBytesBecomeARequestAfterSilence() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("get")
    try await server.tookIn(bytes: 3)
    server.clock.advance(milliseconds: 59)
    #expect(server.reader.reads == 0)
    server.clock.advance(milliseconds: 1)
    #expect(try client.receiveOnce() == line)
    try client.send("hel")
    try await server.tookIn(bytes: 6)
    server.clock.advance(milliseconds: 40)
    try client.send("lo")
    try await server.tookIn(bytes: 8)
    server.clock.advance(milliseconds: 59)
    #expect(server.listener.requests == 1)
    server.clock.advance(milliseconds: 1)
    #expect(try client.receiveOnce() == "Invalid command. Use 'get_data' or 'quit'")
    try client.send("\r\n")
    #expect(try client.receiveOnce() == "\n")
  }

  @Test func oneRequestInSingleBytes() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    var bytes = 0
    for byte in "request_latest_points\r\n" {
      try client.send(String(byte))
      bytes += String(byte).utf8.count
      try await server.tookIn(bytes: bytes)
    }
    #expect(try client.receive(asMuchAs: line + "\n") == "\(line)\n")
    try client.send("ping\n")
    #expect(try client.receiveOnce() == "pong\n")
  }

  @Test func whoTypesKeyByKeyIsAnsweredAtTheEndOfTheLine() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    for (number, key) in "gey\u{8}t_data".enumerated() {
      try client.send(String(key))
      try await server.tookIn(bytes: number + 1)
      server.clock.advance(milliseconds: 60)
    }
    #expect(server.reader.reads == 0 && server.listener.requests == 0)
    try client.send("\r\n")
    #expect(try client.receiveOnce() == "\(line)\n")
    try client.send("ping\nget")
    #expect(try client.receiveOnce() == "pong\n")
    client.endSending()
    #expect(try client.receiveToEnd() == line)
  }

  @Test func aByteOrderMarkIsSkipped() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("\u{FEFF}get_data\n")
    #expect(try client.receiveOnce() == "\(line)\n")
  }

  @Test(arguments: [1025, 200_000])
  func aRequestThatIsTooLong(length: Int) async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("ping\n")
    #expect(try client.receiveOnce() == "pong\n")
    try client.send(String(repeating: "x", count: length))
    #expect(try client.receiveToEnd() == "Request too long")
  }

  @Test func aUserWithoutARow() async throws {
    let server = try await LaneFixture()
    server.reader.remove("Afif")
    let client = try server.client()
    try client.send("get_data")
    #expect(try client.receiveOnce() == "User not found")
  }

  @Test func endOfFileEndsWhatIsPending() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let client = try server.client()
    try client.send("get_data\nping\nget")
    client.endSending()
    try await server.reader.hasRead()
    server.reader.behave()
    server.reader.release()
    #expect(try client.receiveToEnd() == "\(line)\npong\n\(line)")
    try await waitWhile { server.listener.connections > 0 }
  }

  @Test func endOfFileAfterBlanksOnlyIsJustAnEnd() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("\r\n \n")
    client.endSending()
    #expect(try client.receiveToEnd() == "")
    #expect(server.reader.reads == 0)
  }

  @Test func aClientThatIsGoneBeforeItsAnswer() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let client = try server.client()
    let other = try server.client()
    try client.send("get_data\n")
    try await server.reader.hasRead()
    try other.send("get_data\n")
    try await server.tookIn(bytes: 18)
    client.close()
    server.reader.release()
    try await server.reader.hasRead()
    server.reader.release()
    #expect(try other.receiveOnce() == "\(line)\n")
    try await waitWhile { server.listener.connections > 1 }
  }
}
