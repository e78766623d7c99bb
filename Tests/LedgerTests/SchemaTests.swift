import Glibc
import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct SchemaTests {
  @Test func statementsEndWithASemicolonBeforeAnEmptyLine() {
    let text = """
      -- A comment.

      CREATE TABLE a (b INT);

      -- Another.
      CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW
      BEGIN
        SET @x = 1;
        SET @y = 2;
      END;
      """
    #expect(
      Migration.split(text) == [
        "CREATE TABLE a (b INT)",
        """
        CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW
        BEGIN
          SET @x = 1;
          SET @y = 2;
        END
        """,
      ])
  }

  @Test func migrationsAreNumberedWithoutAGap() {
    #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    #expect(Migration.all.allSatisfy { !$0.statements.isEmpty })
  }

  /// A table that is in the database and not in the list would be missing from backups.
  @Test func theListOfTablesIsWhole() async throws {
    let fixture = try await LedgerFixture.make()
    #expect(try await fixture.texts("SHOW TABLES") == LedgerTables.all.sorted())
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let postrm = TemporaryFolder.text("/\(folder)/packaging/debian/postrm")
    let quoted = LedgerTables.all.sorted().map { "'\($0)'" }.joined(separator: ",")
    #expect(postrm.contains("ours=\"\(quoted)\""))
  }

  /// What schema 2 left keeps its rows, and its operations count as done.
  @Test func schema2BecomesTheNewest() async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.pool.run { session in
      try session.createSettings()
      for migration in Migration.all.prefix(2) {
        for statement in migration.statements { try session.executeText(statement) }
      }
      try session.set("schema_version", to: "2")
      try session.executeText(
        "INSERT INTO operations (id, kind, asked_by, made_at) VALUES ('1', 'reset', 'x', NOW(3))")
    }
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    #expect(try await fixture.texts("SELECT CONCAT(id, outcome) FROM operations") == ["1done"])
    #expect(
      try await fixture.texts("SELECT value FROM ledger_settings WHERE name = 'schema_version'")
        == ["\(Migration.newest)"])
  }

  @Test func preparingTwiceChangesNothing() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    #expect(try await fixture.points("Afif") == 10)
    #expect(try await fixture.texts("SELECT made_by FROM adjustments") == [])
    try await fixture.expectClean(["Afif"])
  }

  /// A crash between any two statements of a migration is mended by the next start.
  @Test func eachStatementMayBeRunAgain() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.pool.run { session in
      for migration in Migration.all {
        for statement in migration.statements + migration.statements {
          try session.executeText(statement)
        }
      }
    }
    try await fixture.expectClean(["Afif"])
  }

  @Test func refusesANewerSchema() async throws {
    let fixture = try await LedgerFixture.make()
    try await fixture.pool.run { try $0.set("schema_version", to: "99") }
    await #expect(throws: LedgerError.self) {
      try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    }
  }

  @Test func makesTheDatabaseItself() async throws {
    let database = try await PrivateDatabase.shared()
    var settings = database.operatorSettings
    settings.database = "made `by` the ledger"
    try await Schema.make(settings)
    try await Schema.make(settings)
    try await Schema.prepare(settings, logger: LedgerFixture.quietLogger)
    let connection = try await Connection.open(settings)
    let collations = try await connection.run { session in
      try session.query("SELECT @@collation_database", row: { try $0.text(0) })
    }
    #expect(collations == ["utf8mb4_nopad_bin"])
    await connection.close()
  }

  @Test func refusesASecondDaemonWithTheNameOfTheFirst() async throws {
    let fixture = try await LedgerFixture.make()
    let first = InstanceLock(settings: fixture.settings, instance: "first")
    let second = InstanceLock(settings: fixture.settings, instance: "second")
    try await first.acquire()
    try await first.acquire()
    #expect(await first.health() == .available)
    do {
      try await second.acquire()
      Issue.record("a second daemon was let in")
    } catch LedgerError.refused(let reason) {
      #expect(reason.contains("first (process \(getpid()))"))
    }
    // The server ends a session that says nothing.
    #expect(await first.health() == .available)
    guard case .taken(let holder) = await second.health() else {
      Issue.record("the lock is taken")
      return
    }
    #expect(holder.contains("another pointsd"))
    await first.release()
    try await second.acquire()
    await second.release()
  }

  /// Wherever it is shown, it is said beside it that the database is away.
  @Test func anOutageIsNamedByItsReasonAlone() async throws {
    var settings = ConnectionSettings(endpoint: .socket("/nowhere/at all"), user: "pointsd")
    settings.database = "ledger"
    let lock = InstanceLock(settings: settings, instance: "first")
    guard case .away(let reason) = await lock.health() else {
      Issue.record("there is no server")
      return
    }
    #expect(reason.hasPrefix("take the database's lock: cannot connect"))
  }
}
