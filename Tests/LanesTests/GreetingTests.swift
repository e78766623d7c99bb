import Lanes
import Points
import Testing

/// The line that is sent unasked.
@Suite(.timeLimit(.minutes(1))) struct GreetingTests {
  private let line = LaneFixture.line

  @Test func aClientThatSaysNothingIsSentTheLineOnce() async throws {
    let server = try await LaneFixture()
    let client = try await server.accepted()
    server.clock.advance(milliseconds: 299)
    #expect(server.reader.reads == 0)
    server.clock.advance(milliseconds: 1)
    #expect(try client.receiveOnce() == "\(line)\n")
    server.clock.advance(milliseconds: 5000)
    client.endSending()
    #expect(try client.receiveToEnd() == "")
    #expect(server.reader.reads == 1 && server.listener.requests == 0)
  }

  @Test func endOfFileWithNothingSaid() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    client.endSending()
    #expect(try client.receiveToEnd() == "\(line)\n")
  }

  @Test(arguments: ["get_data", "get", "FETCH"])
  func itCountsAsTheAnswerToAnUnterminatedFirstRequest(name: String) async throws {
    let server = try await LaneFixture()
    let client = try await server.accepted()
    server.clock.advance(milliseconds: 300)
    #expect(try client.receiveOnce() == "\(line)\n")
    try client.send(name)
    try await server.tookIn(bytes: name.utf8.count)
    server.clock.advance(milliseconds: 60)
    #expect(server.listener.requests == 1 && server.reader.reads == 1)
    // The original's client asks again ten seconds later, and must get this answer then.
    server.setPoints(130)
    try client.send("get_data")
    #expect(try client.receiveOnce() == LaneFixture.line(points: 130))
  }

  @Test func theTerminatorOfTheRequestItAnsweredIsNotAnswered() async throws {
    let server = try await LaneFixture()
    let client = try await server.accepted()
    server.clock.advance(milliseconds: 300)
    #expect(try client.receiveOnce() == "\(line)\n")
    try client.send("get_data")
    try await server.tookIn(bytes: 8)
    try client.send("\r\nping\n")
    #expect(try client.receiveOnce() == "pong\n")
  }

  @Test(arguments: [
    ("get_data\n", "\(LaneFixture.line)\n"), ("ping", "pong"), ("ping\n", "pong\n"),
  ])
  func itDoesNotCountForOtherRequests(request: String, answer: String) async throws {
    let server = try await LaneFixture()
    let client = try await server.accepted()
    server.clock.advance(milliseconds: 300)
    #expect(try client.receiveOnce() == "\(line)\n")
    try client.send(request)
    #expect(try client.receiveOnce() == answer)
    try client.send("get_data")
    #expect(try client.receiveOnce() == line)
  }

  @Test(arguments: [" ", "\n", "g"])
  func neverAfterTheFirstByte(byte: String) async throws {
    let server = try await LaneFixture()
    let client = try await server.accepted()
    try client.send(byte)
    try await server.tookIn(bytes: 1)
    server.clock.advance(milliseconds: 300)
    try client.send("\nping\n")
    let answers = try client.receive(asMuchAs: byte == "g" ? "Invalid" : "pong\n")
    #expect(answers == (byte == "g" ? "Invalid" : "pong\n"))
    #expect(server.reader.reads == 0)
  }

  @Test func notEvenWhenItWasOwedAlready() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let client = try await server.accepted()
    server.clock.advance(milliseconds: 300)
    try await server.reader.hasRead()
    try client.send("ping\n")
    #expect(try client.receiveOnce() == "pong\n")
    server.reader.behave()
    server.reader.release()
    try client.send("get_data")
    #expect(try client.receiveOnce() == line)
  }

  @Test func whileTheDatabaseIsAway() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let client = try await server.accepted()
    server.clock.advance(milliseconds: 300)
    server.clock.advance(milliseconds: 1000)
    #expect(try client.receiveOnce() == "Database unavailable\n")
    let second = try server.client()
    second.endSending()
    #expect(try second.receiveToEnd() == "Database unavailable\n")
  }
}
