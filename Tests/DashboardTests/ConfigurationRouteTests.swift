import Points
import Testing

@testable import Dashboard

@Suite struct ConfigurationRouteTests {
  let fixture = RouterFixture()

  @Test func planIsExact() async throws {
    #expect(
      try await fixture.get("/api/plan").body == """
        {"success":true,"data":{"changes":true,"users":[{"user":"Afif","server":"server1",\
        "action":"restart","details":["port 5001 → 5011"]},{"user":"Faiz","server":"server_c2",\
        "action":"nothing","details":[]}],"settings":[],"needs_restart":[]}}
        """)
    #expect(fixture.control.changes == [])
  }

  @Test func reloadTellsWhoAsked() async throws {
    let answer = try await fixture.post("/api/reload", #"{"reason":"new term"}"#)
    #expect(answer.status == 200)
    #expect(answer.body.contains(#""action":"restart""#))
    #expect(fixture.control.changes == ["reload"])
    #expect(fixture.control.operations.map(\.reason) == ["new term"])
  }

  @Test(arguments: [
    (ControlError.invalid("f.json:1:2: a\nf.json:3:4: b"), 422, #"f.json:1:2: a\nf.json:3:4: b"#),
    (.conflict("port 5001 is in use"), 409, "port 5001 is in use"),
    (.unavailable("database unavailable"), 503, "database unavailable"),
  ])
  func refusals(error: ControlError, status: Int, message: String) async throws {
    fixture.control.set { $0.changeError = error }
    let answer = try await fixture.post("/api/reload")
    #expect(answer.status == status)
    #expect(answer.body == #"{"success":false,"error":"\#(message)"}"#)
    #expect(fixture.control.changes == [])
  }
}
