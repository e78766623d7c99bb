import Hummingbird
import Points
import Testing

@testable import Dashboard

@Suite struct BackupRouteTests {
  @Test func theWholeFileIsSent() async throws {
    let fixture = RouterFixture(time: .fixed)
    let answer = try await fixture.get("/api/backup")
    #expect(answer.status == 200)
    #expect(answer.body.utf8.count == 300_000)
    #expect(answer.headers[.contentType] == "application/sql")
    #expect(fixture.control.operations.count == 1)
  }

  @Test func aBackupNeedsTheRightsOfAChange() async throws {
    let fixture = RouterFixture()
    for token in [nil, "wrong"] {
      let answer = try await fixture.send(.get, "/api/backup", token: token)
      #expect(answer.status == 401)
    }
    #expect(fixture.control.operations == [])
  }

  @Test func refusalsHaveTheirStatus() async throws {
    let fixture = RouterFixture()
    fixture.control.set { $0.changeError = .unavailable("the database is away") }
    let answer = try await fixture.get("/api/backup")
    #expect(answer.status == 503)
    #expect(answer.body == #"{"success":false,"error":"the database is away"}"#)
  }

  @Test func restoreIsForTheControlSocket() async throws {
    let fixture = RouterFixture()
    let answer = try await fixture.post("/api/restore", "x")
    #expect(answer.status == 403)
    #expect(
      answer.body == #"{"success":false,"error":"This works over the control socket only"}"#)
  }
}
