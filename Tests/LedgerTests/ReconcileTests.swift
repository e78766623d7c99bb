import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct ReconcileTests {
  private let everybody = (1...1000).map { "user \($0)" }

  @Test func aThousandUsersAreASmallNumberOfStatements() async throws {
    let fixture = try await LedgerFixture.make()
    try await fixture.setClock(LedgerFixture.start)
    let before = try await fixture.pool.run { $0.statementCount }
    try await fixture.reconcile(everybody)
    let first = try await fixture.pool.run { $0.statementCount }
    #expect(first - before < 120)
    try await fixture.expectClean(everybody)
    // After a crash, with an hour to catch up.
    try await fixture.setClock(LedgerFixture.start + 3_600_000)
    let again = try await fixture.pool.run { $0.statementCount }
    try await fixture.reconcile(everybody)
    let second = try await fixture.pool.run { $0.statementCount }
    #expect(second - again < 120)
    #expect(try await fixture.points("user 1000") == 3600)
    try await fixture.expectClean(everybody)
  }

  @Test func isIdempotent() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    for _ in 0..<3 { #expect(try await fixture.reconcile(["Afif", "Faiz"]) == []) }
    #expect(try await fixture.texts("SELECT CAST(COUNT(*) AS CHAR) FROM runs") == ["2"])
    #expect(try await fixture.texts("SELECT reason FROM adjustments") == [])
  }

  @Test func closesTheRunsOfUsersNoLongerConfigured() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.setClock(LedgerFixture.start + 20_000)
    try await fixture.reconcile(["Afif"], closing: ["Faiz"])
    #expect(try await fixture.points("Faiz") == 20)
    try await fixture.expectClean(["Afif"])
  }

  @Test func keepsStopsAndPausesOverARestart() async throws {
    let users = ["Afif", "Faiz", "Irfan"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.apply(.stop, "Afif")
    try await fixture.apply(.pause, "Faiz")
    try await fixture.reconcile(users)
    try await fixture.expectClean(["Irfan"])
    // A profile holds for one process and leaves the intents as they are.
    for user in users {
      try await fixture.reconcile(
        [user], override: ProfileOverride(running: user == "Afif", revision: .max))
    }
    try await fixture.expectClean(["Afif"])
    try await fixture.reconcile(users)
    try await fixture.expectClean(["Irfan"])
  }

  @Test func goesOnWithoutALockedUserAndTakesItUpLater() async throws {
    let users = ["Afif", "Faiz"]
    let fixture = try await LedgerFixture.running(users)
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.execute("SELECT points FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    let slow = AccrualTerms(points: 1, intervalMilliseconds: 60_000)
    try await fixture.setClock(LedgerFixture.start + 20_000)
    let notices = try await fixture.reconcile(users + ["Irfan"], terms: slow)
    #expect(notices.count == 1 && notices[0].contains("Faiz"))
    #expect(
      try await fixture.texts(
        "SELECT CONCAT(user, ' ', interval_ms) FROM runs WHERE is_open = 1 ORDER BY user")
        == ["Afif 60000", "Faiz 10000", "Irfan 60000"])
    try await shell.run { try $0.executeText("ROLLBACK") }
    #expect(try await fixture.reconcile(users + ["Irfan"], terms: slow) == [])
    #expect(
      try await fixture.texts(
        "SELECT CONCAT(user, ' ', interval_ms) FROM runs WHERE is_open = 1 ORDER BY user")
        == ["Afif 60000", "Faiz 60000", "Irfan 60000"])
    #expect(try await fixture.points("Faiz") == 20)
    try await fixture.expectClean(users + ["Irfan"])
    await shell.close()
  }
}
