import Logging
import MariaDB
import Points

extension Ledger {
  /// Rows of users the ledger knows are made again where they are missing: of a user that earns
  /// nothing just now, no tick would notice.
  public func rows(of users: [String]) async throws -> [PointsRow] {
    let (rows, lost) = try await retries.run("read the points") {
      try await pool.run { session in
        let rows = try session.rows(of: users)
        guard rows.count < users.count else { return (rows, [String]()) }
        let present = Set(rows.map(\.user))
        let known = try session.intents(of: users.filter { !present.contains($0) })
        return (rows, known.keys.sorted())
      }
    }
    guard !lost.isEmpty else { return rows }
    let mended = await settle(lost)
    for line in mended.notices + mended.failures.values {
      logger.warning("\(line)", metadata: ["event": "ledger"])
    }
    let all = Dictionary((rows + mended.rows).map { ($0.user, $0) }, uniquingKeysWith: { $1 })
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
