import Logging
import MariaDB
import Points

/// Brings a database to the schema that this program works with.
enum Schema {
  /// Makes the database when there is none of the name in `settings`.
  static func make(_ settings: ConnectionSettings) async throws {
    try await translated("make the database") {
      do {
        try await Connection.open(settings).close()
      } catch let error as DatabaseError where error.code == 1049 {
        guard let name = settings.database else { throw error }
        var bare = settings
        bare.database = nil
        try await once(bare) { session in
          try session.executeText(
            "CREATE DATABASE IF NOT EXISTS \(quotedIdentifier(name)) "
              + "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
        }
      }
    }
  }

  /// Looks whether the server can be used, then makes the tables where they are missing, adopts an
  /// original `user_tracking` with every point kept, and carries out the migrations that are due.
  /// May be called again.
  ///
  /// Throws `LedgerError`: `unavailable` names what must be changed, and passes when that is
  /// done; `failed` is for a database that can never be used.
  /// - Parameter makesLostTables: whether tables of a ledger that is there are made again when they
  ///   are missing. In a running daemon it is likelier that they are put back.
  static func prepare(
    _ settings: ConnectionSettings, makesLostTables: Bool = true, logger: Logger
  ) async throws {
    try await translated("prepare the database") {
      do {
        for line in try await once(settings, { try $0.prepareSchema(makesLostTables) }) {
          logger.notice("\(line)", metadata: ["event": "schema"])
        }
      } catch let error as DatabaseError where error.isLock {
        throw LedgerError.unavailable(
          "the tables are locked by another session, such as an import or a SQL shell; end it there"
            + " (\(error))")
      }
    }
  }

  /// Runs `body` on a connection of its own, with time for a large table to be converted.
  private static func once<Result: Sendable>(
    _ settings: ConnectionSettings, _ body: @Sendable (Session) throws -> Result
  ) async throws -> Result {
    var settings = settings
    settings.readTimeoutSeconds = 600
    settings.statementTimeoutSeconds = 0
    let connection = try await Connection.open(settings)
    do {
      let result = try await connection.run(body)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }
}

extension Session {
  /// Prepares the database in use, under a lock against others who do the same.
  /// - Returns: what was done, one line each.
  fileprivate func prepareSchema(_ makesLostTables: Bool) throws -> [String] {
    var locked: Int64?
    try query(
      "SELECT GET_LOCK(\(Statement.lockName("schema")), 2)",
      each: { locked = try $0.optionalInteger(0) })
    guard locked == 1 else {
      throw LedgerError.unavailable("another pointsd is preparing this database just now")
    }
    return try migrate(makesLostTables)
  }

  private func migrate(_ makesLostTables: Bool) throws -> [String] {
    let version = try schemaVersion()
    guard version <= Migration.newest else {
      throw LedgerError.failed(
        "the database has schema \(version), and this pointsd knows none above \(Migration.newest):"
          + " run the newer pointsd that made it; nothing was changed")
    }
    try lookAtServer()
    let expected = LedgerTables.all.filter { version >= 3 || $0 != "served" }
    let lost = version == 0 ? [] : try expected.filter { try !tableExists($0) }
    let isIncomplete = !lost.isEmpty
    guard !isIncomplete || makesLostTables else {
      throw LedgerError.unavailable(
        "tables are missing: \(lost.joined(separator: ", ")); put them back, or restart pointsd, which"
          + " makes them again from the ledger where that is possible")
    }
    var done = version == 0 ? try convertOriginalTable() : []
    done += try carryOutMigrations(after: isIncomplete ? 0 : version)
    if isIncomplete {
      done.append("made again, as they were missing: \(lost.joined(separator: ", "))")
    }
    if lost.contains("user_tracking") { done += try makeRowsAgain() }
    if version < 2 || isIncomplete { done += try adoptPoints() }
    done += try repairTriggers() + repairGuards()
    do {
      try tidySideTables()
    } catch let error as DatabaseError where error.isLock {
      done.append("tables that a restore left are locked; the next start drops them (\(error))")
    }
    return done
  }

  private func carryOutMigrations(after version: Int) throws -> [String] {
    try createSettings()
    var done: [String] = []
    for migration in Migration.all where migration.version > version {
      switch migration.version {
      // The triggers of `sql/002` may be there under names that a restore gave them.
      case 2: _ = try repairTriggers()
      case 4: for guards in TableGuards.all { try make(guards) }
      default: for statement in migration.statements { try executeText(statement) }
      }
      if try schemaVersion() < migration.version {
        try set("schema_version", to: String(migration.version))
        done.append("the database is at schema \(migration.version)")
      }
    }
    return done
  }

  /// 0 for a database that has none of our tables.
  private func schemaVersion() throws -> Int {
    guard try tableExists("ledger_settings") else { return 0 }
    return try setting("schema_version").flatMap { Int($0) } ?? 0
  }

  func createSettings() throws {
    try executeText(
      """
      CREATE TABLE IF NOT EXISTS ledger_settings (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        value VARCHAR(1000) NOT NULL
      ) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin
      """)
  }

  func tableExists(_ name: String) throws -> Bool {
    var count: Int64 = 0
    try query(
      """
      SELECT COUNT(*) FROM information_schema.tables \
      WHERE table_schema = DATABASE() AND table_name = ?
      """, [.text(name)], each: { count = try $0.integer(0) })
    return count > 0
  }

  func setting(_ name: String) throws -> String? {
    try query(
      "SELECT value FROM ledger_settings WHERE name = ?", [.text(name)], row: { try $0.text(0) }
    ).first
  }

  func set(_ name: String, to value: String) throws {
    try execute(
      """
      INSERT INTO ledger_settings (name, value) VALUES (?, ?) \
      ON DUPLICATE KEY UPDATE value = VALUES(value)
      """, [.text(name), .text(value, atMost: 1000)])
  }
}
