import Glibc
import Logging
import MariaDB
import Points
import Synchronization
import TestSupport
import Testing

@testable import Ledger

/// A backup taken in beside the ledger in use, and the exchange.
struct RestoreTests {
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
    return self.content(schema: schema, rows)
  }

  private func content(schema: Int = Migration.newest, _ statements: [String]) -> BackupContent {
    BackupContent(schema: schema) { body in
      for statement in statements { try body(Array(statement.utf8)) }
    }
  }

  private func restore(_ fixture: LedgerFixture, _ content: BackupContent) async throws {
    try await fixture.ledger.restore(
      content, users: ["Afif"], operation: Operation(requestedBy: "tester", reason: "restore")
    ) { _ in }
  }

  /// Expects that a restore is refused with these words, and that nothing of the ledger changed:
  /// edits by hand are recorded, and what an earlier restore kept is kept.
  private func expectRefusal(
    _ fixture: LedgerFixture, _ content: BackupContent, _ words: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let kept = try await fixture.texts("SHOW TABLES LIKE 'replaced%'")
    do {
      try await restore(fixture, content)
      Issue.record("it was not refused", sourceLocation: sourceLocation)
    } catch {
      #expect("\(error)".contains(words), "\(error)", sourceLocation: sourceLocation)
    }
    try await fixture.byHand("UPDATE user_tracking SET points = points + 5 WHERE user = 'Afif'")
    try await fixture.expectClean(["Afif"], sourceLocation: sourceLocation)
    #expect(
      try await fixture.texts("SHOW TABLES LIKE 'replaced%'") == kept,
      sourceLocation: sourceLocation)
    #expect(
      try await fixture.texts("SHOW TABLES LIKE 'restoring%'") == [],
      sourceLocation: sourceLocation)
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
    #expect(
      try await fixture.texts(
        "SELECT CAST(points AS CHAR) FROM replaced_user_tracking WHERE user = 'Faiz'")
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
    #expect(
      try await fixture.texts("SHOW TABLES LIKE '%user_tracking'")
        == ["replaced_user_tracking", "user_tracking"])
    #expect(
      try await fixture.texts("SELECT event_object_table FROM information_schema.triggers \(inUse)")
        == ["user_tracking", "user_tracking", "user_tracking"])
    // An edit of what is kept is none of the ledger.
    try await fixture.byHand("UPDATE replaced_user_tracking SET points = 1")
    try await fixture.reconcile(["Afif"])
    try await fixture.byHand("UPDATE user_tracking SET points = 500 WHERE user = 'Afif'")
    try await fixture.expectClean(["Afif"])
    try await expectRefusal(fixture, content(points: 30, slots: 2), "does not add up")
  }

  private let inUse = "WHERE trigger_schema = DATABASE()"

  @Test(arguments: 1..<Migration.newest)
  func anOlderSchemaIsTakenIn(_ schema: Int) async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 50_000)
    try await restore(fixture, content(points: 20, slots: 2, schema: schema))
    #expect(try await fixture.points("Afif") == 20)
    try await fixture.expectClean([])
  }

  @Test func whatCannotBeRestoredIsRefused() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await expectRefusal(fixture, content(points: 30, slots: 2), "does not add up")
    try await expectRefusal(fixture, content(points: 20, slots: 2, schema: 99), "knows 1 to")
    try await expectRefusal(fixture, content([]), "has no user in it")
    let head = "INSERT INTO `user_tracking` (`user`, `points`) VALUES "
    for (statement, words) in [
      (head + "('Afif', (SELECT SLEEP(100)))", "no literal"),
      (head + "('Afif', 1) ON DUPLICATE KEY UPDATE points = 7", "something follows the rows"),
      (head + "('Afif', 1); DROP TABLE runs", "something follows the rows"),
      (head + "('Afif')", "1 values for 2 columns"),
      ("INSERT INTO `user_tracking` (`user`) SELECT user FROM runs", "VALUES is missing"),
      ("INSERT INTO `ledger_settings` (`name`) VALUES ('x')", "is no table of the ledger"),
      ("INSERT INTO `runs` (`nothing`) VALUES (1)", "ALTER TABLE runs ADD COLUMN `nothing`"),
      (head + "('Afif', 'many')", "Incorrect integer value"),
      (head + "('Afif', -1)", "points_not_negative"),
    ] {
      try await expectRefusal(fixture, content([statement]), words)
    }
    let broken = BackupContent(schema: Migration.newest) { _ in throw TestFault("cut off") }
    try await expectRefusal(fixture, broken, "cut off")
  }

  /// Rows go with every column of their own, bytes that are no text included.
  @Test(arguments: [
    ("'Afif',0,10000,1,1", "terms_in_range"), ("'Afif',10,0,1,1", "terms_in_range"),
    ("'Afif',10,10000,1,9223372036854775807", "slots_in_range"),
    ("'Afif',10,10000,2,1", "slots_in_order"),
  ]) func rowsThatCannotBeAreRefused(_ values: String, _ constraint: String) async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let rows = [
      "INSERT INTO `user_tracking` (`id`, `user`, `points`) VALUES (7,'Afif',0)",
      """
      INSERT INTO `runs` (`user`, `points_per_slot`, `interval_ms`, `first_slot`, `last_slot`, \
      `opened_at`, `opened_by`) VALUES (\(values),'2023-11-14 22:13:20','x')
      """,
    ]
    await #expect {
      try await restore(fixture, content(rows))
    } throws: {
      guard case LedgerError.refused(let reason) = $0 else { return false }
      return reason.contains(constraint)
    }
    try await fixture.expectClean(["Afif"])
  }

  /// A database that comes back is tidied up for, also while a restore still works on it.
  @Test func tablesThatAreGoneAreNoFaultOfTheFile() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let settings = fixture.settings
    let backup = BackupContent(schema: Migration.newest) { body in
      let dropped = Mutex(false)
      Task {
        let other = try await Connection.open(settings)
        try await other.run { try $0.tidySideTables() }
        await other.close()
        dropped.withLock { $0 = true }
      }
      while !dropped.withLock({ $0 }) { usleep(1000) }
      try body(Array("INSERT INTO `user_tracking` (`id`, `user`, `points`) VALUES (7,'A',1)".utf8))
    }
    await #expect {
      try await restore(fixture, backup)
    } throws: {
      guard case LedgerError.unavailable(let reason) = $0 else { return false }
      return reason.contains("restore again")
    }
    try await fixture.expectClean(["Afif"])
  }

  @Test func columnsOfAnAdoptedTableComeBack() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.byHand(
      "ALTER TABLE user_tracking ADD COLUMN note BLOB NULL, ADD COLUMN weight DOUBLE NULL")
    try await fixture.setClock(LedgerFixture.start + 50_000)
    let bytes: [UInt8] =
      Array("INSERT INTO `user_tracking` (`user`,`note`,`weight`) VALUES\n('Afif','".utf8)
      + [0xFF, 0x5C, 0x27, 0x5C, 0x30] + Array("',-1.5e-3);\n".utf8)
    try await restore(
      fixture, BackupContent(schema: Migration.newest) { try $0(bytes) })
    #expect(
      try await fixture.texts("SELECT CONCAT(HEX(note), ' ', weight) FROM user_tracking")
        == ["FF2700 -0.0015"])
  }

  @Test func partsOfOthersAreNamedBeforeAnythingIsTouched() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await restore(fixture, content(points: 0, slots: 0))
    try await fixture.reconcile(["Afif"])
    try await fixture.byHand(
      "CREATE TABLE others (user INT, CONSTRAINT theirs FOREIGN KEY (user) REFERENCES user_tracking (id))"
    )
    try await expectRefusal(
      fixture, content(points: 20, slots: 2), "others` DROP FOREIGN KEY `theirs`")
    try await fixture.byHand(
      "DROP TABLE others",
      "CREATE TRIGGER guard BEFORE UPDATE ON user_tracking FOR EACH ROW SET @x = 1")
    try await expectRefusal(fixture, content(points: 20, slots: 2), "DROP TRIGGER `guard`")
  }

  @Test func tablesOfOthersKeepTheirNames() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.byHand("CREATE TABLE replaced_runs (theirs INT)")
    try await expectRefusal(fixture, content(points: 20, slots: 2), "replaced_runs")
    #expect(try await fixture.texts("SELECT theirs FROM replaced_runs") == [])
  }

  @Test(arguments: ["user_tracking", "runs"])
  func anOpenTransactionOfSomebodyElseRefusesIt(_ table: String) async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("BEGIN")
      try session.executeText("SELECT * FROM \(table)")
    }
    try await expectRefusal(fixture, content(points: 20, slots: 2), "locked by another transaction")
    await shell.close()
  }

  /// The answer to an exchange is lost; what becomes of it is known for good.
  @Test func aLostExchangeIsEndedByWriting() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("BEGIN")
      try session.executeText("SELECT * FROM runs")
    }
    let killer = Task {
      for _ in 0..<2000 {
        let found = try await fixture.database.asOperator { session in
          try session.query(
            "SELECT id FROM information_schema.processlist WHERE info LIKE 'RENAME TABLE%'",
            row: { try $0.unsigned(0) })
        }
        guard let thread = found.first else { continue }
        try await fixture.database.asOperator { try $0.executeText("KILL \(thread)") }
        return
      }
    }
    try await expectRefusal(fixture, content(points: 20, slots: 2), "before the exchange")
    try await killer.value
    await shell.close()
    let operation = Operation(requestedBy: "tester", reason: nil)
    try await fixture.ledger.restore(
      content(points: 20, slots: 2), users: [], operation: operation
    ) { _ in }
    #expect(try await fixture.ledger.restoreTookPlace(operation.id))
    #expect(try await !fixture.ledger.restoreTookPlace("another"))
  }

  @Test func usersThatAreNotConfiguredAreNamed() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let lines = Mutex<[String]>([])
    try await fixture.ledger.restore(
      content(points: 20, slots: 2, user: "Dina"), users: ["Afif"],
      operation: Operation(requestedBy: "tester", reason: nil)
    ) { line in lines.withLock { $0.append(line) } }
    #expect(lines.withLock { $0.last?.hasSuffix(": Dina") } == true)
  }

  @Test func triggersThatAreMissingOrRunAsOthersAreMadeAtTheNextStart() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.pool.run { try $0.executeText("DROP TRIGGER user_tracking_inserted_by_hand") }
    // As a dump leaves them that was loaded by an account that is no more.
    try await fixture.byHand(
      "CREATE OR REPLACE DEFINER = nobody@localhost "
        + LedgerTrigger.all[1].statement(named: LedgerTrigger.all[1].name, on: "user_tracking")
        .dropFirst("CREATE OR REPLACE ".count),
      LedgerTrigger.all[2].statement(named: "one_too_many", on: "user_tracking"))
    await #expect(throws: DatabaseError.self) {
      try await fixture.byHand("UPDATE user_tracking SET points = 5 WHERE user = 'Afif'")
    }
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    try await fixture.byHand(
      "UPDATE user_tracking SET points = 5 WHERE user = 'Afif'",
      "INSERT INTO user_tracking (user, points) VALUES ('Dina', 7)",
      "DELETE FROM user_tracking WHERE user = 'Dina'")
    try await fixture.expectClean(["Afif"])
    #expect(
      try await fixture.texts("SELECT DISTINCT definer FROM information_schema.triggers \(inUse)")
        == ["pointsd@localhost"])
    #expect(LedgerTrigger.all.map(\.event) == ["INSERT", "UPDATE", "DELETE"])
  }
}
