import Logging
import MariaDB
import Points

extension Ledger {
  /// How often in a row a row must be found missing before it is made again here. A tick does so
  /// at once; this is for users that earn nothing just now, and leaves time to see what happened.
  static let patienceWithMissingRows = 5

  public func rows(of users: [String]) async throws -> [PointsRow] {
    let (rows, lost) = try await retries.run("read the points", reads: true) {
      try await pool.run { session in
        let rows = try session.rows(of: users)
        guard rows.count < users.count else { return (rows, [String]()) }
        let present = Set(rows.map(\.user))
        // Only users the ledger knows are made again.
        let known = try session.intents(of: users.filter { !present.contains($0) })
        return (rows, known.keys.sorted())
      }
    }
    for row in rows where !missed.isEmpty { missed[row.user] = nil }
    guard !lost.isEmpty else { return rows }
    for user in lost { missed[user, default: 0] += 1 }
    let due = lost.filter { missed[$0, default: 0] >= Self.patienceWithMissingRows }
    let repair = await settle(due)
    for row in repair.rows { missed[row.user] = nil }
    for line in repair.notices + repair.failures.values {
      logger.warning("\(line)", metadata: ["event": "ledger"])
    }
    let all = Dictionary((rows + repair.rows).map { ($0.user, $0) }, uniquingKeysWith: { $1 })
    return users.compactMap { all[$0] }
  }
}

extension Session {
  /// The rows of `users`, in the order asked; users without a row are left out.
  func rows(of users: [String]) throws -> [PointsRow] {
    var rows: [String: PointsRow] = [:]
    for names in Batch.padded(users) {
      let sql = """
        SELECT user, points, datetime_stamp FROM user_tracking \
        WHERE user IN (\(Statement.placeholders(names.count)))
        """
      try query(sql, Value.texts(names)) { row in
        let user = try row.text(0)
        rows[user] = PointsRow(user: user, points: try row.integer(1), stamp: try row.stamp(2))
      }
    }
    return users.compactMap { rows[$0] }
  }
}
