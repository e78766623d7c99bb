import MariaDB
import Points

extension Ledger {
  public func restore(
    _ content: BackupContent, operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    // Tables of an older schema differ by columns that have defaults.
    guard (1...Migration.newest).contains(content.schema) else {
      throw LedgerError.refused(
        "the backup has schema \(content.schema) and this pointsd knows 1 to \(Migration.newest):"
          + " restore it with the pointsd that made it")
    }
    let schemas = try Exchange(settings)
    try await translated("restore") {
      try await makeSideSchema(schemas)
      let connection = try await Connection.open(schemas.sideSettings)
      do {
        progress("putting the rows into the schema \(schemas.side)")
        let rows = try await connection.transaction { try $0.takeIn(content, operation) }
        progress("verifying \(rows) rows")
        try await connection.run { try $0.refuseDifferences() }
        progress("exchanging the ledgers")
        try await oneTickAtATime {
          try await connection.run { try $0.exchange(schemas, operation) }
        }
        await connection.close()
      } catch {
        await connection.close()
        throw error
      }
    }
    uncreditedUsers = [:]
  }

  /// An empty ledger beside the one in use, instead of any that an earlier restore left.
  private func makeSideSchema(_ schemas: Exchange) async throws {
    do {
      let connection = try await Connection.open(settings)
      do {
        try await connection.run {
          try $0.executeText("DROP DATABASE IF EXISTS \(schemas.sideName)")
        }
        await connection.close()
      } catch {
        await connection.close()
        throw error
      }
      try await Schema.make(schemas.sideSettings)
      try await Schema.prepare(schemas.sideSettings, logger: logger)
    } catch let error as DatabaseError where [1044, 1142, 1045].contains(error.code) {
      throw schemas.missingGrant(error)
    } catch let LedgerError.failed(reason) where reason.contains("denied") {
      throw schemas.missingGrant(reason)
    }
  }
}

/// The schema in use and the one beside it.
private struct Exchange: Sendable {
  let live: String
  let side: String
  let account: String
  let sideSettings: ConnectionSettings

  init(_ settings: ConnectionSettings) throws {
    guard let live = settings.database else {
      throw LedgerError.failed("no database is named to restore into")
    }
    self.live = live
    self.side = live + "_restore"
    self.account = settings.user
    var settings = settings
    settings.database = side
    // A large ledger takes its time.
    settings.readTimeoutSeconds = 3600
    settings.statementTimeoutSeconds = 0
    self.sideSettings = settings
  }

  var liveName: String { quotedIdentifier(live) }
  var sideName: String { quotedIdentifier(side) }

  func missingGrant(_ reason: some CustomStringConvertible) -> LedgerError {
    .refused(
      "a restore needs the schema \(side) beside \(live), and the account \(account) may not make"
        + " it; as root in SQL: \(SchemaGrant(side, to: account).grant) (\(reason));"
        + " nothing was changed")
  }

  /// One statement, atomic also over a crash (MariaDB 10.6 and later): the ledger in use goes to
  /// the side, where it stays until the next restore, and the one at the side becomes the one in
  /// use.
  var rename: String {
    let steps = LedgerTables.exchanged.flatMap { table in
      [
        "\(liveName).\(table) TO \(sideName).replaced_\(table)",
        "\(sideName).\(table) TO \(liveName).\(table)",
      ]
    }
    return "RENAME TABLE " + steps.joined(separator: ", ")
  }
}

extension Session {
  /// Puts the rows of a backup into the empty ledger in use, and closes the runs in it where they
  /// stood: the time since then is nobody's.
  /// - Returns: how many rows the ledger has.
  fileprivate func takeIn(_ content: BackupContent, _ operation: Operation) throws -> Int64 {
    // As the file sets it for those who load it by hand: its values of generated columns are
    // left out.
    try executeText("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    try content.statements { try executeText($0) }
    try execute(
      """
      UPDATE runs SET closed_at = GREATEST(opened_at, FROM_UNIXTIME(last_slot * interval_ms / 1000)), \
      closed_by = ?, close_reason = ? WHERE closed_at IS NULL
      """,
      [
        .who(operation.who),
        .reason("restored from a backup: the time since then is not credited"),
      ])
    var rows: Int64 = 0
    for table in LedgerTables.exchanged {
      try query("SELECT COUNT(*) FROM \(table)", each: { rows += try $0.integer(0) })
    }
    return rows
  }

  /// Throws when the ledger in use does not add up.
  fileprivate func refuseDifferences() throws {
    let differences = try transaction(.snapshot) { session in
      try session.verification(users: [], earning: [])
    }.differences
    guard differences.isEmpty else {
      let first = differences.prefix(5).map(\.message).joined(separator: "; ")
      throw LedgerError.refused(
        "the backup's ledger does not add up, \(differences.count) differences: \(first);"
          + " nothing was changed")
    }
  }

  /// Makes the ledger at the side the one in use, or changes nothing. A crash on the way leaves the
  /// one or the other; triggers that are missing then are made at the next start.
  fileprivate func exchange(_ schemas: Exchange, _ operation: Operation) throws {
    // Somebody's open transaction must not hold everybody up for long.
    try executeText("SET SESSION lock_wait_timeout = 5")
    let triggers = Migration.triggerNames
    for schema in [schemas.sideName, schemas.liveName] {
      for name in triggers { try dropTrigger("\(schema).\(name)", schemas) }
    }
    do {
      try executeText(schemas.rename)
    } catch {
      try makeTriggers(schemas)
      throw error
    }
    try makeTriggers(schemas)
    try begin(operation, kind: "restore", user: nil)
  }

  private func dropTrigger(_ name: String, _ schemas: Exchange) throws {
    do {
      try executeText("DROP TRIGGER IF EXISTS \(name)")
    } catch {
      try makeTriggers(schemas)
      throw error
    }
  }

  private func makeTriggers(_ schemas: Exchange) throws {
    try executeText("USE \(schemas.liveName)")
    try makeTriggers()
  }
}
