import MariaDB
import Points

extension Ledger {
  public func rows(of users: [String]) async throws -> [PointsRow] {
    let rows = try await retries.run("read the points") {
      try await pool.run { try $0.rows(of: users) }
    }
    return rows
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
