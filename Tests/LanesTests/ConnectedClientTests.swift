import Points
import Testing

@testable import Lanes

/// What is shown of the clients that are connected.
@Suite(.timeLimit(.minutes(1))) struct ConnectedClientTests {
  @Test func eachIsShownWithWhatItAskedLast() async throws {
    let server = try await LaneFixture()
    let asking = try server.client()
    try asking.send("get_data\nping\n")
    let answers = LaneFixture.line + "\npong\n"
    #expect(try asking.receive(asMuchAs: answers) == answers)
    let silent = try server.client()
    try await waitWhile { server.listener.connections < 2 }
    let clients = await server.listener.clients().sorted { $0.requests > $1.requests }
    #expect(clients.map(\.requests) == [2, 0])
    #expect(clients.map(\.lastRequest) == ["ping", nil])
    #expect(clients.map { $0.lastRequestAgeSeconds == nil } == [false, true])
    #expect(clients.allSatisfy { $0.peer.hasPrefix("127.0.0.1:") && $0.ageSeconds < 60 })
    silent.close()
    try await waitWhile { server.listener.connections > 1 }
    #expect(await server.listener.clients().map(\.requests) == [2])
  }
}
