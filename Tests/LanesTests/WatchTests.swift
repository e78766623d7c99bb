import Points
import Testing

@testable import Lanes

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
  private func row(points: Int64) -> PointsRow {
    PointsRow(user: "Afif", points: points, stamp: LaneFixture.afif.stamp)
  }

  @Test func theLineNowAndAtEachChange() async throws {
    let server = try await LaneFixture()
    let client = try server.client()
    try client.send("watch\n")
    #expect(try client.receiveOnce() == LaneFixture.line + "\n")
    for points in [Int64(130), 140, 5] {
      server.setPoints(points)
      server.lanes.publish([row(points: points)])
      #expect(try client.receiveOnce() == LaneFixture.line(points: points) + "\n")
    }
    // Nothing changed: nothing is sent.
    server.lanes.publish([row(points: 5)])
    await server.lanes.ping()
    try client.send("ping\nget_data\nwatch\n")
    let line = LaneFixture.line(points: 5) + "\n"
    let expected = "pong\n" + line + line
    #expect(try client.receive(asMuchAs: expected) == expected)
    #expect(await server.lanes.statistics().watchers == 1)
  }

  @Test func aChangeThatAnyAnswerBringsReachesWatchers() async throws {
    let server = try await LaneFixture()
    let watcher = try server.client()
    try watcher.send("watch\n")
    #expect(try watcher.receiveOnce() == LaneFixture.line + "\n")
    server.setPoints(121)
    let other = try server.client()
    try other.send("get_data")
    #expect(try other.receiveOnce() == LaneFixture.line(points: 121))
    #expect(try watcher.receiveOnce() == LaneFixture.line(points: 121) + "\n")
  }

  @Test func aPublicationThatComesTooLateDoesNotTakePointsBack() async throws {
    let server = try await LaneFixture()
    let watcher = try server.client()
    try watcher.send("watch\n")
    #expect(try watcher.receiveOnce() == LaneFixture.line + "\n")
    server.lanes.publish([row(points: 110)])
    await server.lanes.ping()
    await server.lanes.ping()
    try watcher.send("ping\n")
    #expect(try watcher.receiveOnce() == "pong\n")
  }

  @Test func whileTheDatabaseIsAwayPublishedRowsReachWatchers() async throws {
    let server = try await LaneFixture()
    let watcher = try server.client()
    try watcher.send("watch\n")
    #expect(try watcher.receiveOnce() == LaneFixture.line + "\n")
    server.reader.behave(holding: true)
    try watcher.send("get_data\n")
    try await server.reader.hasRead()
    server.clock.advance(milliseconds: 1000)
    #expect(try watcher.receiveOnce() == LaneFixture.line + " | Stale: 1s\n")
    server.lanes.publish([row(points: 130)])
    #expect(try watcher.receiveOnce() == LaneFixture.line(points: 130) + "\n")
  }

  @Test func watchersThatLeaveAreForgotten() async throws {
    let server = try await LaneFixture()
    let clients = try (0..<5).map { _ in try server.client() }
    for client in clients {
      try client.send("watch\n")
      #expect(try client.receiveOnce() == LaneFixture.line + "\n")
    }
    for index in [0, 4, 2] { clients[index].close() }
    try await waitWhile { server.listener.connections > 2 }
    #expect(await server.lanes.statistics().watchers == 2)
    server.setPoints(130)
    server.lanes.publish([row(points: 130)])
    for index in [1, 3] {
      #expect(try clients[index].receiveOnce() == LaneFixture.line(points: 130) + "\n")
    }
  }

  @Test func aWatcherThatReadsSlowlySkipsToTheNewest() async throws {
    let server = try await LaneFixture()
    let client = try server.client(receiveBuffer: 2048)
    try client.send("watch\n")
    #expect(try client.receiveOnce() == LaneFixture.line + "\n")
    // Changes until the client's window is full, and then as many again.
    var points: Int64 = 1000
    var changesSinceFull = 0
    while changesSinceFull < 200 {
      points += 1
      server.setPoints(points)
      server.lanes.publish([row(points: points)])
      await server.lanes.ping()
      if await server.lanes.statistics().backlogBytes > 0 { changesSinceFull += 1 }
    }
    await server.lanes.ping()
    let backlog = await server.lanes.statistics().backlogBytes
    #expect(backlog < WireProtocol.answerLimit)
    var text = ""
    while !text.hasSuffix(LaneFixture.line(points: points) + "\n") {
      text += try #require(try client.receiveOnce())
    }
    let lines = text.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("User: Afif | Points: ") })
    #expect(lines.count <= Int(points - 1000) - 198)
  }
}
