import Lanes
import Points
import Testing

/// Limits of connections, and clients that do not read.
@Suite(.timeLimit(.minutes(1))) struct LimitTests {
  @Test func overTheLimitOfAServer() async throws {
    let server = try await LaneFixture(limits: LaneLimits(connectionsPerServer: 2))
    let first = try await server.accepted()
    let second = try await server.accepted()
    let third = try server.client()
    try third.send("get_data\n")
    #expect(try third.receiveToEnd() == "Too many connections")
    #expect(server.listener.connections == 2)
    first.close()
    try await waitWhile { server.listener.connections > 1 }
    let fourth = try server.client()
    try fourth.send("ping\n")
    #expect(try fourth.receiveOnce() == "pong\n")
    second.close()
  }

  @Test func overTheLimitOfAllServers() async throws {
    let server = try await LaneFixture(limits: LaneLimits(connections: 2))
    let other = try await server.lanes.open(LaneFixture.specification("Irfan")) { _ in }
    let first = try await server.accepted()
    let second = try Client(port: other.port)
    try second.send("ping\n")
    #expect(try second.receiveOnce() == "pong\n")
    let third = try Client(port: other.port)
    #expect(try third.receiveToEnd() == "Too many connections")
    first.close()
    try await waitWhile { server.listener.connections > 0 }
    let fourth = try Client(port: other.port)
    try fourth.send("ping\n")
    #expect(try fourth.receiveOnce() == "pong\n")
    second.close()
  }

  @Test func theDescriptorLimitCapsThem() async throws {
    let server = try await LaneFixture(descriptors: 3)
    let clients = try (0..<3).map { _ in try server.client() }
    try await waitWhile { server.listener.connections < 3 }
    let fourth = try server.client()
    #expect(try fourth.receiveToEnd() == "Too many connections")
    for client in clients { client.close() }
  }

  @Test func refusedClientsThatDoNotCloseAreClosed() async throws {
    let server = try await LaneFixture(limits: LaneLimits(connectionsPerServer: 0))
    let clients = try (0..<100).map { _ in try server.client() }
    for client in clients { #expect(try client.receiveOnce() == "Too many connections") }
    server.clock.advance(milliseconds: 1000)
    #expect(await server.lanes.statistics().connections == 0)
  }

  @Test func aClientThatDoesNotReadIsNotReadEither() async throws {
    let server = try await LaneFixture()
    let client = try server.client(receiveBuffer: 2048)
    let request = String(repeating: "get_data\n", count: 1000)
    var sent = 0
    var idleTurns = 0
    while idleTurns < 50 {
      let more = client.flood(request, times: 10)
      sent += more
      await server.lanes.ping()
      idleTurns = more == 0 ? idleTurns + 1 : 0
    }
    let statistics = await server.lanes.statistics()
    #expect(statistics.bytesReceived < sent)
    #expect(statistics.backlogBytes > 0 && statistics.backlogBytes < 256 * 1024)
    // Others are served meanwhile.
    let other = try server.client()
    try other.send("get_data\n")
    #expect(try other.receiveOnce() == LaneFixture.line + "\n")
    // And when it reads, it gets every answer.
    client.endSending()
    let text = try client.receiveToEnd()
    let whole = sent / 9
    let left = sent % 9
    let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
    #expect(lines.prefix(whole).allSatisfy { $0 == LaneFixture.line })
    #expect(lines.count == whole + (left > 0 ? 1 : 0))
    #expect(await server.lanes.statistics().backlogBytes == 0)
  }

  @Test func aClientThatDoesNotReadAndLeaves() async throws {
    let server = try await LaneFixture()
    let client = try server.client(receiveBuffer: 2048)
    while await server.lanes.statistics().backlogBytes == 0 {
      _ = client.flood(String(repeating: "help\n", count: 1000), times: 1)
    }
    client.close()
    try await waitWhile { server.listener.connections > 0 }
    #expect(await server.lanes.statistics().backlogBytes == 0)
  }

  @Test func manyRequestsOwedAtATimeAreBounded() async throws {
    let server = try await LaneFixture()
    server.reader.behave(holding: true)
    let client = try server.client()
    try client.send("get\n")
    try await server.reader.hasRead()
    _ = client.flood(String(repeating: "get\n", count: 10_000), times: 1)
    for _ in 0..<50 { await server.lanes.ping() }
    #expect(await server.lanes.statistics().bytesReceived < 8192)
    server.reader.behave()
    server.reader.release()
    var lines = 0
    while lines < 10_001 { lines += try #require(try client.receiveOnce()).count { $0 == "\n" } }
    #expect(lines == 10_001 && server.listener.requests == 10_001)
  }

  @Test func idleClientsAreClosedWhenAsked() async throws {
    let server = try await LaneFixture(limits: LaneLimits(idleSeconds: 5))
    let idle = try await server.accepted()
    let watcher = try server.client()
    try watcher.send("watch\n")
    #expect(try watcher.receiveOnce() == LaneFixture.line + "\n")
    for _ in 0..<4 { server.clock.advance(milliseconds: 1000) }
    let busy = try server.client()
    try busy.send("ping\n")
    #expect(try busy.receiveOnce() == "pong\n")
    for _ in 0..<2 { server.clock.advance(milliseconds: 1000) }
    #expect(try idle.receiveToEnd() == LaneFixture.line + "\n")
    try busy.send("ping\n")
    #expect(try busy.receiveOnce() == "pong\n")
    try watcher.send("ping\n")
    #expect(try watcher.receiveOnce() == "pong\n")
  }
}
