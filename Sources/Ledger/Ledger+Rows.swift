import MariaDB
import Points

extension Session {
  /// The rows of `users`, in the order asked; users without a row are left out.
  func rows(of users: [String]) throws -> [PointsRow] {
    var rows: [String: PointsRow] = [:]
    for names in Batch.padded(users, largest: Batch.largestRead) {
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
