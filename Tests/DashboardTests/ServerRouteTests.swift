import Points
import Testing

@testable import Dashboard

@Suite struct ServerRouteTests {
  let fixture = RouterFixture()

  @Test func listIsExact() async throws {
    fixture.control.set { state in
      state.servers = [state.servers[0]]
      state.servers[0].status = .backingOff
      state.servers[0].reason = "port 5001 in use"
      state.servers[0].lastError = "port 5001 in use"
    }
    #expect(
      try await fixture.get("/api/servers").body == """
        {"success":true,"data":[{"name":"server1","user":"Afif","address":"127.0.0.1","port":5001,\
        "groups":["python"],"points":120,"status":"backing off","wanted":"running","reason":"port 5001 in use",\
        "since":"2026-01-12 14:00:00","connections":3,"requests":40,\
        "last_error":"port 5001 in use"}]}
        """)
  }

  /// Nothing is known of points while the first read of the ledger is outstanding.
  @Test func pointsThatNobodyKnowsAreNull() async throws {
    fixture.control.set { $0.readError = .unavailable("away") }
    #expect(try await fixture.get("/api/servers").body.contains(#""points":null"#))
    fixture.control.set { ($0.readError, $0.staleSeconds) = (nil, 12) }
    #expect(try await fixture.get("/api/servers").body.hasSuffix(#","stale_seconds":12}"#))
  }

  @Test func connectionsAreExactAndOfAProfile() async throws {
    #expect(
      try await fixture.get("/api/connections?profile=python").body == """
        {"success":true,"data":[{"user":"Afif","server":"server1","peer":"127.0.0.1:40000",\
        "since":"2026-01-12 14:00:00","requests":2,"last_request":"get_data",\
        "last_request_at":"2026-01-12 14:30:00"}]}
        """)
    let all = try await fixture.get("/api/connections").body
    #expect(all.contains("server1") && all.contains("server_c2"))
    #expect(try await fixture.get("/api/connections?profile=nobody").status == 404)
    #expect(try await fixture.get("/api/connections?limit=1").status == 400)
  }

  @Test func oneServerIsStoppedStartedAndRestarted() async throws {
    for verb in ["stop", "start", "restart"] {
      let answer = try await fixture.post("/api/servers/SERVER1/\(verb)", #"{"reason":"test"}"#)
      #expect(answer.status == 200)
      #expect(answer.body.contains(#""name":"server1""#))
    }
    #expect(fixture.control.changes == ["stop Afif", "start Afif", "restart Afif"])
    #expect(fixture.control.operations.allSatisfy { $0.reason == "test" })
  }

  @Test func groupsChangeTheirMembersOnly() async throws {
    let answer = try await fixture.post("/api/groups/Python/stop")
    #expect(answer.body.contains("server1"))
    #expect(!answer.body.contains("server_c2"))
    #expect(fixture.control.changes == ["stop Afif"])
  }

  @Test func aGroupIsOneOperation() async throws {
    #expect(try await fixture.post("/api/groups/all/reset").status == 200)
    #expect(Set(fixture.control.operations.map(\.id)).count == 1)
    #expect(fixture.control.read { $0.rows.map(\.points) } == [0, 0])
  }

  @Test(arguments: ["start", "stop", "pause", "resume", "reset", "restart"])
  func unknownGroupIs404(verb: String) async throws {
    let answer = try await fixture.post("/api/groups/nobody/\(verb)")
    #expect(answer.status == 404)
    #expect(answer.body.contains("no user, server or group is named nobody"))
  }

  @Test func restartOfAGroupStopsAtTheFirstThatFails() async throws {
    fixture.control.set { $0.broken = ["Afif"] }
    let answer = try await fixture.post("/api/groups/all/restart")
    #expect(answer.status == 409)
    #expect(
      answer.body.contains("server1 did not come up: port 6002 in use (0 of 2 done"))
    #expect(fixture.control.changes == ["restart Afif"])
  }

  @Test func aGroupTellsWhichMemberFailed() async throws {
    fixture.control.set { $0.changeError = .unavailable("database unavailable: gone") }
    let answer = try await fixture.post("/api/groups/all/pause")
    #expect(answer.status == 503)
    #expect(answer.body.contains("database unavailable: gone"))
  }
}
