import MariaDB
import Points

// What the loop that follows the ledger reads.
extension Ledger {
  public func digest() async throws(LedgerError) -> LedgerDigest {
    let instance = instance
    return try await read("digest the ledger") { session in
      var digest = LedgerDigest()
      try session.query(
        FollowStatements.digest, [.text(instance), .text(instance), .text(instance)]
      ) { row in
        let fold = LedgerDigest.Fold(
          count: try row.integer(1), sum: Int64(clamping: try row.sum(2)),
          combined: try row.integer(3))
        switch try row.integer(0) {
        case 1: digest.rows = fold
        case 2: digest.intents = fold
        default: digest.runs = fold
        }
      }
      return digest
    }
  }

  public func snapshot(of users: [String]) async throws(LedgerError) -> LedgerSnapshot {
    let instance = instance
    return try await read("read the ledger") { session in
      try session.transaction(.snapshot) { session in
        let intents = try session.intents(of: users)
        let (served, others) = try session.served(instance)
        return LedgerSnapshot(
          rows: try session.rows(of: users), intents: users.compactMap { intents[$0] },
          openRuns: try session.openRuns(), served: served, otherInstances: others,
          restoreMark: try session.restoreMark())
      }
    }
  }

  public func serve(_ users: [String]) async throws(LedgerError) {
    let instance = instance
    try await read("note the users that are served") { session in
      try session.transaction { session in
        try session.execute("DELETE FROM served WHERE instance = ?", [.text(instance)])
        for piece in Batch.exact(users) {
          let values = Statement.repeated("(?, ?, NOW(3))", piece.count, separator: ", ")
          try session.execute(
            "INSERT INTO served (instance, user, seen_at) VALUES \(values)",
            piece.flatMap { [.text(instance), .text($0)] as [Value] })
        }
      }
    }
  }

  public func repairProtection() async throws(LedgerError) -> [String] {
    // One that cannot be made keeps the others from nothing.
    var done: [String] = []
    var failure: LedgerError?
    do throws(LedgerError) {
      done += try await read("look at the triggers of user_tracking") { try $0.repairTriggers() }
    } catch {
      failure = error
    }
    do throws(LedgerError) {
      done += try await repairGuards()
    } catch {
      failure = failure ?? error
    }
    // With something to say, the failure is said at the next look.
    guard let failure, done.isEmpty else { return done }
    throw failure
  }

  /// A table that takes longer than this is left to the next start, which has time for it: its rows
  /// cannot be written meanwhile.
  private static let longestRepair = 3

  private func repairGuards() async throws(LedgerError) -> [String] {
    if let guardsLeft { throw guardsLeft }
    do {
      return try await pool.withInterruptibleConnection { connection in
        try await connection.run { try $0.repairGuards(within: Self.longestRepair) }
      }
    } catch let error as DatabaseError where error.code == 1969 {
      let left = LedgerError.unavailable(
        "keys or checks of a large table are missing, and to make them takes longer than"
          + " \(Self.longestRepair) s: restart pointsd, which makes them at its start")
      guardsLeft = left
      throw left
    } catch let error as DatabaseError {
      throw LedgerError(error, doing: "look at keys and checks")
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .unavailable("look at keys and checks: \(error)")
    }
  }
}

enum FollowStatements {
  /// Count, sum and exclusive or of the checksums of rows, intents and open runs of an instance's
  /// users: as `LedgerDigest` computes them.
  static let digest = """
    SELECT 1, COUNT(*), COALESCE(SUM(checksum), 0), CAST(BIT_XOR(checksum) AS SIGNED) FROM ( \
    SELECT CRC32(CONCAT_WS('|', tracked.user, tracked.points, \
    TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', tracked.datetime_stamp))) AS checksum \
    FROM served JOIN user_tracking AS tracked ON tracked.user = served.user \
    WHERE served.instance = ?) AS entries \
    UNION ALL \
    SELECT 2, COUNT(*), COALESCE(SUM(checksum), 0), CAST(BIT_XOR(checksum) AS SIGNED) FROM ( \
    SELECT CRC32(CONCAT_WS('|', asked.user, asked.running, asked.paused, asked.revision)) \
    AS checksum FROM served JOIN intents AS asked ON asked.user = served.user \
    WHERE served.instance = ?) AS entries \
    UNION ALL \
    SELECT 3, COUNT(*), COALESCE(SUM(checksum), 0), CAST(BIT_XOR(checksum) AS SIGNED) FROM ( \
    SELECT CRC32(CONCAT_WS('|', run.user, run.points_per_slot, run.interval_ms)) AS checksum \
    FROM served JOIN runs AS run ON run.user = served.user AND run.is_open = 1 \
    WHERE served.instance = ?) AS entries
    """
}

extension Session {
  /// Everybody's open runs.
  func openRuns() throws -> [LedgerSnapshot.OpenRun] {
    try query(
      "SELECT user, points_per_slot, interval_ms FROM runs WHERE is_open = 1",
      row: { row in
        LedgerSnapshot.OpenRun(
          user: try row.text(0),
          terms: try row.terms(startingAt: 1))
      })
  }

  /// Notes that an instance is alive, on one of its rows: the latest of them counts.
  func noteSighting(of instance: String) throws {
    try execute(
      "UPDATE served SET seen_at = NOW(3) WHERE instance = ? ORDER BY user LIMIT 1",
      [.text(instance)])
  }

  /// Whom an instance serves, and the others.
  func served(
    _ instance: String
  ) throws -> (own: Set<String>, others: [LedgerSnapshot.Instance]) {
    var users: [String: Set<String>] = [:]
    var seen: [String: DateTimeStamp] = [:]
    var unseen: [String: Int64] = [:]
    try query(
      "SELECT instance, user, seen_at, TIMESTAMPDIFF(SECOND, seen_at, NOW(3)) FROM served"
    ) { row in
      let name = try row.text(0)
      users[name, default: []].insert(try row.text(1))
      unseen[name] = min(try row.integer(3), unseen[name] ?? .max)
      let moment = try row.stamp(2) ?? DateTimeStamp(secondsSinceEpoch: 0)
      seen[name] = max(moment, seen[name] ?? moment)
    }
    let own = users.removeValue(forKey: instance) ?? []
    let others = users.keys.sorted().map { name in
      LedgerSnapshot.Instance(
        name: name, seen: seen[name] ?? DateTimeStamp(secondsSinceEpoch: 0),
        users: users[name] ?? [], secondsUnseen: unseen[name] ?? 0)
    }
    return (own, others)
  }

  /// The operation of the latest restore: it came along with the restored rows.
  fileprivate func restoreMark() throws -> String? {
    try query(
      "SELECT id FROM operations WHERE kind = 'restore' ORDER BY made_at DESC LIMIT 1",
      row: { try $0.text(0) }
    ).first
  }
}
