import Lanes
import Points
import Testing

/// What clients hear while the database is away.
@Suite(.timeLimit(.minutes(1))) struct AwayTests {
  private let line = LaneFixture.line

  /// A server that has answered once and whose database hangs since.
  private func serverThatKnowsALine() async throws -> (LaneFixture, Client) {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("get_data")
    #expect(try client.receiveOnce() == line)
    server.reader.behave(holding: true)
    return (server, client)
  }

  @Test func afterASecondTheLastKnownValueIsAnsweredWithItsAge() async throws {
    let (server, client) = try await serverThatKnowsALine()
    try client.send("get_data\n")
    try await server.reader.hasRead()
    server.clock.advance(milliseconds: 999)
    try client.send("ping\nget_json\n")
    try await server.tookIn(bytes: 8 + 9 + 5 + 9)
    server.clock.advance(milliseconds: 1)
    let json =
      #"{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00","stale_seconds":1}"#
    let expected = "\(line) | Stale: 1s\npong\n\(json)\n"
    #expect(try client.receive(asMuchAs: expected) == expected)
    // From now on at once, without a read.
    server.clock.advance(milliseconds: 11_000)
    try client.send("get_data")
    #expect(try client.receiveOnce() == "\(line) | Stale: 12s")
    try client.send("\n")
    #expect(try client.receiveOnce() == "\n")
    #expect(server.reader.reads == 2)
  }

  @Test func noneKnownYet() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let client = try server.client()
    try client.send("get_json\n")
    try await server.reader.hasRead()
    server.clock.advance(milliseconds: 1000)
    #expect(try client.receiveOnce() == "Database unavailable\n")
  }

  @Test func aReadThatEndsAfterAllMakesAnswersFreshAgain() async throws {
    let (server, client) = try await serverThatKnowsALine()
    try client.send("get_data")
    try await server.reader.hasRead()
    server.clock.advance(milliseconds: 1000)
    #expect(try client.receiveOnce() == "\(line) | Stale: 1s")
    server.setPoints(150)
    server.reader.behave()
    server.reader.release()
    await server.lanes.ping()
    try client.send("get_data")
    #expect(try client.receiveOnce() == LaneFixture.line(points: 150))
  }

  @Test func aBriefFaultIsNotNoticedByClients() async throws {
    let server = try await LaneFixture()
    server.reader.behave(failing: true)
    let client = try server.client()
    try client.send("get_data")
    try await waitWhile { server.reader.reads == 0 }
    await server.lanes.ping()
    server.reader.behave()
    server.clock.advance(milliseconds: 50)
    #expect(try client.receiveOnce() == line)
    #expect(server.reader.reads == 2)
  }

  @Test func itProbesUntilTheDatabaseIsBack() async throws {
    let (server, client) = try await serverThatKnowsALine()
    server.reader.behave(failing: true)
    try client.send("get_data")
    for _ in 0..<40 {
      await server.lanes.ping()
      server.clock.advance(milliseconds: 50)
    }
    #expect(try client.receiveOnce() == "\(line) | Stale: 1s")
    server.reader.behave()
    server.setPoints(140)
    for _ in 0..<20 {
      await server.lanes.ping()
      server.clock.advance(milliseconds: 50)
    }
    await server.lanes.ping()
    try client.send("get_data")
    #expect(try client.receiveOnce() == LaneFixture.line(points: 140))
  }

  @Test func aPublishedRowIsALastKnownValue() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let row = PointsRow(user: "Afif", points: 7, stamp: LaneFixture.afif.stamp)
    server.lanes.publish([row, PointsRow(user: "Nobody", points: 1, stamp: nil)])
    await server.lanes.ping()
    let client = try server.client()
    try client.send("get_data")
    try await server.reader.hasRead()
    server.clock.advance(milliseconds: 3000)
    #expect(try client.receiveOnce() == LaneFixture.line(points: 7) + " | Stale: 3s")
  }

  @Test func aRowPublishedBeforeItsListenerOpensKeepsItsAge() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    server.lanes.publish([PointsRow(user: "Irfan", points: 3, stamp: nil)])
    await server.lanes.ping()
    server.clock.advance(milliseconds: 2000)
    let listener = try await server.lanes.open(LaneFixture.specification("Irfan")) { _ in }
    let client = try Client(port: listener.port)
    try client.send("get_data\n")
    try await server.reader.hasRead()
    server.clock.advance(milliseconds: 1000)
    let answer = try #require(try client.receiveOnce())
    #expect(answer.hasPrefix("User: Irfan | Points: 3 | "))
    #expect(answer.hasSuffix(" | Stale: 3s\n"))
  }
}
