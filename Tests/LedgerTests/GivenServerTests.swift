import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// A server of other people: what must be changed on it is named, and nothing is before that.
struct GivenServerTests {
  private func prepare(_ settings: ConnectionSettings) async throws {
    try await Schema.prepare(settings, logger: LedgerFixture.quietLogger)
  }

  /// Expects that preparation waits for somebody, with these words.
  private func expectWaiting(
    _ settings: ConnectionSettings, _ words: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    do {
      try await prepare(settings)
      Issue.record("it was prepared", sourceLocation: sourceLocation)
    } catch LedgerError.unavailable(let reason) {
      #expect(reason.contains(words), "\(reason)", sourceLocation: sourceLocation)
    }
  }

  @Test func whatTheServerNeedsIsNamedWithItsStatement() async throws {
    let database = try await PrivateDatabase.start(options: ["--log-bin=binary", "--server-id=1"])
    let settings = try await database.schema()
    let name = settings.database ?? ""
    let pattern = name.replacing("_", with: "\\_")
    func tables() async throws -> [String] {
      try await database.asOperator { session in
        try session.query("SHOW TABLES FROM \(name)", row: { try $0.text(0) })
      }
    }
    try await expectWaiting(settings, "SET GLOBAL log_bin_trust_function_creators = 1")
    #expect(try await tables() == [])
    try await database.asOperator { session in
      try session.executeText("SET GLOBAL log_bin_trust_function_creators = 1, read_only = 1")
    }
    try await expectWaiting(settings, "SET GLOBAL read_only = 0")
    #expect(try await tables() == [])
    try await database.asOperator { session in
      try session.executeText("SET GLOBAL read_only = 0")
      try session.executeText("REVOKE TRIGGER, INDEX ON `\(pattern)`.* FROM pointsd@localhost")
    }
    try await expectWaiting(settings, "lacks INDEX, TRIGGER")
    try await expectWaiting(
      settings, "GRANT ALL ON `\(pattern)`.* TO 'pointsd'@'localhost'")
    #expect(try await tables() == [])
    try await database.asOperator { session in
      try session.executeText(SchemaGrant(name, to: "pointsd").grant)
    }
    try await prepare(settings)
    // The triggers are there: the setting is needed no more.
    try await database.asOperator { session in
      try session.executeText("SET GLOBAL log_bin_trust_function_creators = 0")
    }
    try await prepare(settings)
    try await database.stop()
  }

  @Test func tablesOfOthersAreRefused() async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.byHand("CREATE TABLE runs (id INT, distance INT)")
    do {
      try await prepare(fixture.settings)
      Issue.record("it was prepared")
    } catch LedgerError.failed(let reason) {
      #expect(reason.contains("names runs: rename them"))
    }
    #expect(try await fixture.texts("SHOW TABLES") == ["runs"])
  }

  @Test func lostTablesAreMadeAgainFromTheLedger() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.setClock(LedgerFixture.start + 30_000)
    try await fixture.tick()
    try await fixture.byHand("DROP TABLE user_tracking")
    do {
      try await Schema.prepare(
        fixture.settings, makesLostTables: false, logger: LedgerFixture.quietLogger)
      Issue.record("it was prepared")
    } catch LedgerError.unavailable(let reason) {
      #expect(reason.contains("tables are missing: user_tracking"))
    }
    try await prepare(fixture.settings)
    #expect(try await fixture.rows(of: ["Afif", "Faiz"]).map(\.points) == [30, 30])
    try await fixture.expectClean(["Afif", "Faiz"])
    try await fixture.byHand("UPDATE user_tracking SET points = 7 WHERE user = 'Faiz'")
    try await fixture.byHand("DROP TABLE runs")
    try await prepare(fixture.settings)
    #expect(try await fixture.rows(of: ["Afif", "Faiz"]).map(\.points) == [30, 7])
    try await fixture.reconcile(["Afif", "Faiz"])
    try await fixture.expectClean(["Afif", "Faiz"])
  }

  @Test(arguments: ["0", "1", "2", "nonsense"])
  func aVersionSetBackByHandKeepsEveryPoint(_ version: String) async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 30_000)
    try await fixture.tick()
    try await fixture.byHand("UPDATE user_tracking SET points = points + 1")
    try await fixture.pool.run { try $0.set("schema_version", to: version) }
    try await prepare(fixture.settings)
    #expect(try await fixture.points("Afif") == 31)
    #expect(try await fixture.texts("SELECT source FROM adjustments") == ["hand"])
    try await fixture.byHand("UPDATE user_tracking SET points = points + 1")
    try await fixture.expectClean(["Afif"])
  }

  /// A dump of the whole database, loaded while the daemon runs, without its triggers.
  @Test func tablesLoadedByADumpAreUsedAsTheyAre() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.ledger.prepare()
    try await fixture.setClock(LedgerFixture.start + 30_000)
    try await fixture.tick()
    for table in LedgerTables.all {
      try await fixture.byHand(
        "CREATE TABLE loaded_\(table) LIKE \(table)",
        table == "runs"
          ? """
          INSERT INTO loaded_runs (id, user, points_per_slot, interval_ms, first_slot, last_slot, tick,
          opened_at, opened_by) SELECT id, user, points_per_slot, interval_ms, first_slot, last_slot,
          tick, opened_at, opened_by FROM runs
          """ : "INSERT INTO loaded_\(table) SELECT * FROM \(table)",
        "DROP TABLE \(table)", "RENAME TABLE loaded_\(table) TO \(table)")
    }
    try await fixture.setClock(LedgerFixture.start + 40_000)
    try await fixture.tick()
    _ = try await fixture.ledger.repairProtection()
    try await fixture.byHand("UPDATE user_tracking SET points = points + 1")
    #expect(try await fixture.points("Afif") == 41)
    try await fixture.expectClean(["Afif"])
    await fixture.ledger.close()
  }

  @Test func longNamesOfDatabasesHaveLocksOfTheirOwn() async throws {
    let database = try await PrivateDatabase.shared()
    let begin = String(repeating: "x", count: 60)
    var locks: [InstanceLock] = []
    for end in ["a", "b"] {
      try await database.asOperator { session in
        try session.executeText("CREATE DATABASE \(begin)\(end)")
        try session.executeText(SchemaGrant(begin + end, to: "pointsd").grant)
      }
      var settings = database.settings
      settings.database = begin + end
      let lock = InstanceLock(settings: settings, instance: end)
      try await lock.acquire()
      locks.append(lock)
    }
    for lock in locks { await lock.release() }
  }

  /// A session of ours that the network took from us is not another daemon.
  @Test func ourOwnLostSessionIsEnded() async throws {
    let fixture = try await LedgerFixture.make()
    let lost = try await Connection.open(fixture.settings)
    let holder = try await lost.run { session in
      try session.takeDaemonLock(as: "us", after: nil)
      #expect(try session.query("SELECT @@wait_timeout", row: { try $0.integer(0) }) == [8])
      return try session.lockHolder()
    }
    let fresh = try await Connection.open(fixture.settings)
    try await fresh.run { try $0.takeDaemonLock(as: "us", after: holder) }
    await #expect(throws: DatabaseError.self) {
      try await lost.run { _ = try $0.nowMilliseconds() }
    }
    await fresh.close()
  }
}
