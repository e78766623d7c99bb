import Logging
import MariaDB
import Points

extension Ledger {
  /// How long statements of a restore may take, in seconds.
  private static let restoreDeadline = 300
  /// How often the exchange is tried while another transaction holds a table, for a second each.
  private static let exchangeAttempts = 5
  /// How often it is asked what became of an exchange whose answer was lost.
  private static let outcomeAttempts = 20

  public func restore(
    _ content: BackupContent, users configured: [String], operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    // Tables of an older schema differ by columns that have defaults.
    guard (1...Migration.newest).contains(content.schema) else {
      throw LedgerError.refused(
        "the backup has schema \(content.schema) and this pointsd knows 1 to \(Migration.newest):"
          + " restore it with the pointsd that made it")
    }
    try await translated("restore, nothing was changed") {
      let connection = try await Connection.open(restoreSettings)
      do {
        progress("taking the rows into tables beside the ledger")
        let backup = try await connection.run { try $0.takeIn(content, operation) }
        progress("verified \(backup.rows) rows, exchanging the ledgers")
        try await exchange(on: connection, operation)
        let strangers = backup.users.subtracting(configured).sorted()
        if !strangers.isEmpty {
          progress(
            "not in the configuration, kept with their points: \(strangers.joined(separator: ", "))"
          )
        }
        await tidy(connection)
      } catch {
        await tidy(connection)
        throw error
      }
    }
    forgetLedger()
  }

  private var restoreSettings: ConnectionSettings {
    var settings = settings
    settings.readTimeoutSeconds = Self.restoreDeadline + 10
    settings.statementTimeoutSeconds = Self.restoreDeadline
    return settings
  }

  /// Makes the ledger at the side the one in use, or changes nothing.
  private func exchange(on connection: Connection, _ operation: Operation) async throws {
    let exchange = try await connection.run { session in
      try session.makeTriggers(
        on: SideTables.Place.restoring.table("user_tracking"),
        suffix: "_\(operation.id.prefix(8))")
      return SideTables.exchange(replaced: try session.sideTables([.replaced]))
    }
    var attempt = 1
    while true {
      do {
        return try await oneTickAtATime {
          try await connection.run { try $0.executeText(exchange) }
        }
      } catch let error as DatabaseError where error.kind == .unknown {
        guard try await finalOutcome(of: operation) else {
          throw LedgerError.unavailable(
            "the connection was lost before the exchange, nothing was changed: \(error)")
        }
        return
      } catch let error as DatabaseError where error.isLock && attempt < Self.exchangeAttempts {
        // Between the tries ticks and readers that queued behind this one get their turn.
        attempt += 1
        try await retries.clock.sleep(for: .milliseconds(200))
      }
    }
  }

  private func finalOutcome(of operation: Operation) async throws -> Bool {
    var attempt = 1
    while true {
      do {
        return try await restoreTookPlace(operation.id)
      } catch let error as LedgerError {
        guard attempt < Self.outcomeAttempts else {
          throw LedgerError.unknown(operation: operation.id, reason: "\(error)")
        }
        attempt += 1
        try await retries.clock.sleep(for: .milliseconds(500))
      }
    }
  }

  /// Whether the ledger in use is the one that a restore made. Afterwards that does not change: the
  /// tables that a lost exchange needs are dropped, so that it can never be carried out any more.
  ///
  /// Throws `LedgerError` while that is not known.
  public func restoreTookPlace(_ operation: String) async throws -> Bool {
    try await translated("find out what became of the restore") {
      let connection = try await Connection.open(settings)
      do {
        let found = try await connection.run { session in
          try session.tidySideTables()
          return try session.query(
            "SELECT id FROM operations WHERE id = ? AND kind = 'restore'", [.text(operation)],
            row: { try $0.text(0) })
        }
        await connection.close()
        return !found.isEmpty
      } catch {
        await connection.close()
        throw error
      }
    }
  }

  /// Drops what is not needed any more. What cannot be dropped now the next start drops.
  private func tidy(_ connection: Connection) async {
    do {
      if !connection.isBroken { try await connection.run { try $0.tidySideTables() } }
    } catch {
      logger.warning(
        "tables of the restore could not be dropped, the next start does it: \(error)",
        metadata: ["event": "restore"])
    }
    await connection.close()
  }
}

/// What a backup has.
private struct TakenIn: Sendable {
  let rows: Int
  let users: Set<String>
}

extension Session {
  /// Puts the rows of a backup into tables beside the ledger in use, closes the runs in it where
  /// they stood, as the time since then is nobody's, and checks that it adds up.
  fileprivate func takeIn(_ content: BackupContent, _ operation: Operation) throws -> TakenIn {
    try refuseForeignParts()
    try makeSideTables()
    // What people's own sessions can put into the tables comes back.
    try executeText("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'")
    let rows = try transaction { session in
      var insertion = RowInsertion(session: session)
      try insertion.add(content)
      try session.closeRestoredRuns(operation)
      return insertion.rows
    }
    let users = try Set(
      query("SELECT user FROM restoring_user_tracking", row: { try $0.text(0) }))
    guard !users.isEmpty else {
      throw LedgerError.refused("the backup has no user in it; nothing was changed")
    }
    try refuseDifferences()
    return TakenIn(rows: rows, users: users)
  }

  /// Closes open runs, and leaves the mark by which the restored ledger is known.
  private func closeRestoredRuns(_ operation: Operation) throws {
    try execute(
      """
      UPDATE restoring_runs SET \
      closed_at = GREATEST(opened_at, FROM_UNIXTIME(last_slot * interval_ms / 1000)), \
      closed_by = ?, close_reason = ? WHERE closed_at IS NULL
      """,
      [
        .requester(operation.requestedBy),
        .reason("restored from a backup: the time since then is not credited"),
      ])
    try execute(
      """
      INSERT INTO restoring_operations (id, kind, asked_by, reason, made_at) \
      VALUES (?, 'restore', ?, ?, NOW(3))
      """,
      [
        .text(operation.id, atMost: 64), .requester(operation.requestedBy),
        .reason(operation.reason),
      ])
  }

  /// Throws when the ledger at the side does not add up.
  private func refuseDifferences() throws {
    let differences = try transaction(.snapshot) { try $0.sumsAndOverlaps(in: "restoring_") }
    guard differences.isEmpty else {
      let first = differences.prefix(5).map(\.message).joined(separator: "; ")
      throw LedgerError.refused(
        "the backup's ledger does not add up, \(differences.count) differences: \(first);"
          + " nothing was changed")
    }
  }
}
