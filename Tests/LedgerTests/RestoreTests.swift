import Logging
import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// A backup taken in beside the ledger in use, and the exchange.
struct RestoreTests {
  private let operation = Operation(who: "tester", reason: "restore")

  /// A backup with one user, whose open run is worth `points` at 10 a slot of 10 s.
  private func content(
    points: Int, slots: Int, schema: Int = Migration.newest, user: String = "Afif"
  ) -> BackupContent {
    let first = LedgerFixture.start / 10_000
    let rows = [
      "INSERT INTO `user_tracking` (`id`, `user`, `points`) VALUES (7,'\(user)',\(points))",
      """
      INSERT INTO `runs` (`id`, `user`, `points_per_slot`, `interval_ms`, `first_slot`, \
      `last_slot`, `tick`, `opened_at`, `opened_by`, `is_open`) VALUES \
      (3,'\(user)',10,10000,\(first),\(first + Int64(slots)),0,'2023-11-14 22:13:20','x',1)
      """,
    ]
    return BackupContent(schema: schema) { body in for row in rows { try body(row) } }
  }

  private func restore(_ fixture: LedgerFixture, _ content: BackupContent) async throws {
    try await fixture.ledger.restore(content, operation: operation) { _ in }
  }

  @Test func replacesTheLedgerAndPaysNothingForTheTimeSince() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.setClock(LedgerFixture.start + 50_000)
    try await fixture.tick()
    try await restore(fixture, content(points: 20, slots: 2))
    #expect(try await fixture.points("Afif") == 20)
    #expect(try await fixture.points("Faiz") == nil)
    #expect(try await fixture.texts("SELECT close_reason FROM runs")[0].contains("restored"))
    #expect(
      try await fixture.texts("SELECT CAST(closed_at AS CHAR) FROM runs") == [
        "2023-11-14 22:13:40.000"
      ])
    try await fixture.reconcile(["Afif", "Faiz"])
    try await fixture.tick()
    #expect(try await fixture.points("Afif") == 20)
    #expect(try await fixture.points("Faiz") == 0)
    try await fixture.expectClean(["Afif", "Faiz"])
    try await fixture.setClock(LedgerFixture.start + 60_000)
    try await fixture.tick()
    #expect(try await fixture.points("Afif") == 30)
    // The ledger that was there is at the side.
    let side = (fixture.settings.database ?? "") + "_restore"
    #expect(
      try await fixture.texts(
        "SELECT CAST(points AS CHAR) FROM \(side).replaced_user_tracking WHERE user = 'Faiz'")
        == ["50"])
    #expect(
      try await fixture.texts("SELECT asked_by FROM operations WHERE kind = 'restore'")
        == ["tester"])
    // Edits by hand are recorded as before.
    try await fixture.byHand("UPDATE user_tracking SET points = 500 WHERE user = 'Afif'")
    #expect(
      try await fixture.texts("SELECT CAST(delta AS CHAR) FROM adjustments WHERE source = 'hand'")
        == ["470"])
    try await fixture.expectClean(["Afif", "Faiz"])
    // And once more, over what the first one left at the side.
    try await restore(fixture, content(points: 10, slots: 1))
    #expect(try await fixture.points("Afif") == 10)
  }

  @Test func aBackupThatDoesNotAddUpIsRefused() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    await #expect(throws: LedgerError.self) {
      try await restore(fixture, content(points: 30, slots: 2))
    }
    #expect(try await fixture.points("Afif") == 0)
    try await fixture.expectClean(["Afif"])
  }

  @Test(arguments: 1..<Migration.newest)
  func anOlderSchemaIsTakenIn(_ schema: Int) async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 50_000)
    try await restore(fixture, content(points: 20, slots: 2, schema: schema))
    #expect(try await fixture.points("Afif") == 20)
    try await fixture.expectClean([])
  }

  @Test func anotherSchemaIsRefused() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    await #expect(throws: LedgerError.self) {
      try await restore(fixture, content(points: 20, slots: 2, schema: 99))
    }
    try await fixture.expectClean(["Afif"])
  }

  @Test func aStatementThatFailsChangesNothing() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let broken = BackupContent(schema: Migration.newest) { try $0("INSERT INTO `runs` VALUES (1)") }
    await #expect(throws: LedgerError.self) { try await restore(fixture, broken) }
    try await fixture.expectClean(["Afif"])
  }

  @Test func missingRightsAreNamed() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let side = (fixture.settings.database ?? "") + "_restore"
    try await fixture.database.asOperator {
      try $0.executeText(
        SchemaGrant(side, to: "pointsd").grant
          .replacing("GRANT", with: "REVOKE").replacing(" TO ", with: " FROM "))
    }
    do {
      try await restore(fixture, content(points: 20, slots: 2))
      #expect(Bool(false), "it was not refused")
    } catch LedgerError.refused(let reason) {
      #expect(reason.contains(SchemaGrant(side, to: "pointsd").grant))
    }
    try await fixture.expectClean(["Afif"])
  }

  @Test func anOpenTransactionOfSomebodyElseRefusesIt() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("BEGIN")
      try session.executeText("SELECT * FROM user_tracking")
    }
    await #expect(throws: LedgerError.self) {
      try await restore(fixture, content(points: 20, slots: 2))
    }
    await shell.close()
    #expect(try await fixture.points("Afif") == 0)
    try await fixture.byHand("UPDATE user_tracking SET points = 5 WHERE user = 'Afif'")
    try await fixture.expectClean(["Afif"])
  }

  /// What a daemon leaves that is killed between the exchange and the triggers.
  @Test func missingTriggersAreMadeAtTheNextStart() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    for name in Migration.triggerNames.dropLast() {
      try await fixture.pool.run { try $0.executeText("DROP TRIGGER \(name)") }
    }
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    try await fixture.byHand("UPDATE user_tracking SET points = 5 WHERE user = 'Afif'")
    try await fixture.expectClean(["Afif"])
  }

  @Test func triggerNamesAreThoseOfTheMigration() {
    let statements = Migration.all[1].statements
    #expect(statements.count == Migration.triggerNames.count)
    for (statement, name) in zip(statements, Migration.triggerNames) {
      #expect(statement.contains("TRIGGER \(name) "))
    }
  }
}
