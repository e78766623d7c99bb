import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct ReloadedAccountsTests {
  private func user(_ name: String, points: Int64 = 10, interval: Int64 = 10_000) -> LedgerUser {
    LedgerUser(
      name: name, terms: AccrualTerms(points: points, intervalMilliseconds: interval),
      override: nil)
  }

  private func reload(
    _ ledger: Ledger, changed: [LedgerUser], leaving: [String], operation: Operation
  ) async throws -> ChangeReceipt {
    try await ledger.attempt(
      LedgerChange(.reload(changed: changed, leaving: leaving), operation: operation),
      partial: false)
  }

  @Test func settlesThenChangesInOneTransaction() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz", "Irfan"])
    try await fixture.setClock(LedgerFixture.start + 20_000)
    let operation = Operation(requestedBy: "tester", reason: "new terms")
    let accounts = try await reload(
      fixture.ledger, changed: [user("Afif", points: 100, interval: 5000), user("Zoe")],
      leaving: ["Faiz"],
      operation: operation)
    // What was earned under the old terms is paid by the old terms.
    #expect(accounts.rows.map(\.points) == [20, 0])
    #expect(accounts.intents.map(\.user) == ["Afif", "Zoe"])
    #expect(accounts.users.map(\.user) == ["Afif", "Zoe", "Faiz"] && accounts.notices == [])
    #expect(try await fixture.points("Faiz") == 20)
    try await fixture.expectClean(["Afif", "Irfan", "Zoe"])
    #expect(
      try await fixture.texts("SELECT asked_by FROM operations WHERE kind = 'reload'") == ["tester"]
    )
    // Sent again, as after a lost reply, it does nothing.
    _ = try await reload(
      fixture.ledger, changed: [user("Afif", points: 100, interval: 5000), user("Zoe")],
      leaving: ["Faiz"],
      operation: operation)
    #expect(try await fixture.texts("SELECT CAST(COUNT(*) AS CHAR) FROM runs") == ["5"])
    try await fixture.setClock(LedgerFixture.start + 30_000)
    _ = try await fixture.tick(5000)
    _ = try await fixture.tick(10_000)
    #expect(try await fixture.points("Afif") == 220)
    #expect(try await fixture.points("Irfan") == 30)
    #expect(try await fixture.points("Faiz") == 20)
    try await fixture.expectClean(["Afif", "Irfan", "Zoe"])
  }

  @Test func aLockedRowRefusesAllOfIt() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("BEGIN")
      try session.executeText("UPDATE user_tracking SET points = points WHERE user = 'Faiz'")
    }
    await #expect(throws: LedgerError.self) {
      _ = try await reload(
        fixture.ledger, changed: [user("Afif", points: 100), user("Zoe")], leaving: ["Faiz"],
        operation: Operation(requestedBy: "tester", reason: nil))
    }
    try await shell.run { try $0.executeText("ROLLBACK") }
    await shell.close()
    #expect(try await fixture.points("Zoe") == nil)
    #expect(try await fixture.texts("SELECT id FROM operations") == [])
    try await fixture.expectClean(["Afif", "Faiz"])
  }

  @Test func aStoppedUserThatComesBackStaysStopped() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.apply(.stop, "Faiz")
    let operation = Operation(requestedBy: "tester", reason: nil)
    _ = try await reload(
      fixture.ledger, changed: [], leaving: ["Faiz"], operation: operation)
    let accounts = try await reload(
      fixture.ledger, changed: [user("Faiz")], leaving: [],
      operation: Operation(requestedBy: "tester", reason: nil))
    #expect(accounts.intents.map(\.running) == [false])
    try await fixture.expectClean(["Afif"])
  }
}
