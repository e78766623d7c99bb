import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// What the loop that follows the ledger reads and repairs.
struct FollowTests {
  @Test func theDatabaseDigestsAsTheDaemonDoes() async throws {
    let users = ["Afif", "Faiz", "ä", "🍣"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.ledger.serve(users)
    for _ in 0..<2 {
      let snapshot = try await fixture.ledger.snapshot(of: users)
      #expect(snapshot.served == Set(users) && snapshot.rows.count == 4)
      #expect(try await fixture.ledger.digest() == snapshot.digest)
      #expect(snapshot.digest.runs.count > 0 && snapshot.digest.intents.count == 4)
      try await fixture.setClock(LedgerFixture.start + 10_000)
      try await fixture.tick()
      try await fixture.apply(.pause, "Faiz")
      try await fixture.byHand("UPDATE user_tracking SET points = 7 WHERE user = 'ä'")
      #expect(try await fixture.ledger.digest() != snapshot.digest)
    }
  }

  @Test(arguments: [
    "UPDATE user_tracking SET points = points + 1 WHERE user = 'Afif'",
    "TRUNCATE user_tracking", "DELETE FROM user_tracking WHERE user = 'Faiz'",
    "UPDATE user_tracking SET datetime_stamp = '2020-01-01 00:00:00' WHERE user = 'Afif'",
    "UPDATE intents SET running = FALSE WHERE user = 'Afif'",
    "UPDATE runs SET closed_at = NOW(3) WHERE user = 'Afif'",
  ])
  func everyEditByHandIsSeen(_ statement: String) async throws {
    let users = ["Afif", "Faiz"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.ledger.serve(users)
    let before = try await fixture.ledger.digest()
    #expect(try await fixture.ledger.digest() == before)
    try await fixture.byHand(statement)
    #expect(try await fixture.ledger.digest() != before)
  }

  @Test func thousandsOfUsersAreDigestedByOneStatement() async throws {
    let users = (1...3000).map { "user \($0)" }
    let fixture = try await LedgerFixture.running(users)
    try await fixture.ledger.serve(users)
    let before = try await fixture.pool.run { $0.statementCount }
    _ = try await fixture.ledger.digest()
    #expect(try await fixture.pool.run { $0.statementCount } - before == 1)
  }

  @Test func instancesAreToldApart() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    let other = Ledger(
      pool: fixture.pool, settings: fixture.settings, instance: "other",
      maximumCatchUpSeconds: 60, logger: LedgerFixture.quietLogger)
    try await fixture.ledger.serve(["Afif"])
    try await other.serve(["Faiz", "Zoe"])
    let snapshot = try await fixture.ledger.snapshot(of: ["Afif"])
    #expect(snapshot.served == ["Afif"])
    #expect(snapshot.otherInstances.map(\.name) == ["other"])
    #expect(snapshot.otherInstances.first?.users == ["Faiz", "Zoe"])
    #expect(snapshot.openRuns.map(\.user).sorted() == ["Afif", "Faiz"])
    try await other.serve(["Zoe"])
    #expect(
      try await fixture.ledger.snapshot(of: ["Afif"]).otherInstances.first?.users == ["Zoe"])
  }

  /// Whoever holds one user's row, in whatever form, holds nobody else's.
  @Test(arguments: [
    "SELECT id FROM runs WHERE user = 'Faiz' FOR UPDATE",
    "UPDATE runs SET closed_at = NOW(3) WHERE user = 'Faiz'",
    "UPDATE user_tracking SET points = points WHERE user = 'Faiz'",
    """
    INSERT INTO runs (user, points_per_slot, interval_ms, first_slot, last_slot, opened_at, \
    opened_by) VALUES ('Zoe', 1, 5000, 1, 1, NOW(3), 'hand')
    """,
    "INSERT INTO user_tracking (user, points) VALUES ('Zoe', 5)",
  ])
  func aStrangersLockIsOneUsers(_ statement: String) async throws {
    let held = statement.contains("Zoe") ? "Zoe" : "Faiz"
    // New users have a row and a run inserted. InnoDB locks the gap beside a row with it, so they
    // do not stand next to the one that is held.
    let users = held == "Zoe" ? ["Aaron", "Afif", "Faiz", "Zoe"] : ["Aaron", "Afif", "Faiz"]
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.executeText(statement)
    }
    try await fixture.setClock(LedgerFixture.start + 10_000)
    // Ticks.
    #expect(try await fixture.tick().rows.map(\.user).contains("Afif"))
    // Repairs.
    let notices = try await fixture.reconcile(users)
    #expect(notices.map { $0.contains(held) } == [true], "\(notices)")
    // Changes of a group.
    let receipt = try await fixture.apply(.resume, toAll: users, partial: true)
    #expect(receipt.users.filter { $0.result != .done }.map(\.user) == [held])
    // The stop.
    let stop = Operation(requestedBy: "test", reason: nil)
    let left = try await fixture.ledger.closeRuns(of: users, operation: stop)
    #expect(left.locked == (held == "Faiz" ? ["Faiz"] : []))
    try await shell.run { try $0.executeText("ROLLBACK") }
    await shell.close()
    #expect(try await fixture.ledger.closeRuns(of: users, operation: stop).locked == [])
    try await fixture.expectClean([])
  }
}
