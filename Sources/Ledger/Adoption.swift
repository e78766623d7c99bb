import MariaDB
import Points

/// An original `user_tracking`, whose column types, engine and character set may differ from ours.
extension Session {
  /// Brings an original table to our column types, or refuses it with nothing changed.
  /// - Returns: what was done, one line each.
  func convertOriginalTable() throws -> [String] {
    guard try tableExists("user_tracking") else { return [] }
    let columns = try originalColumns()
    for name in ["user", "points", "datetime_stamp"] where columns[name] == nil {
      throw refusal("it has no column \(name)")
    }
    try refuseUnusableRows()
    try refuseTwins(name: "CONVERT(user USING utf8mb4) COLLATE utf8mb4_nopad_bin")
    let changes = try changesNeeded(columns)
    guard !changes.isEmpty else { return [] }
    try executeText("UPDATE user_tracking SET points = 0 WHERE points IS NULL")
    try executeText("ALTER TABLE user_tracking \(changes.joined(separator: ", "))")
    return ["the original table user_tracking was converted, with its rows as they were"]
  }

  /// Notes what each user has and the ledger does not know of as an adjustment.
  func adoptPoints() throws -> [String] {
    let count = try execute(
      """
      INSERT INTO adjustments (user, delta, source, made_at, made_by, reason) \
      SELECT tracked.user, tracked.points - COALESCE(noted.sum, 0), 'adopted', NOW(3), \
      SESSION_USER(), 'points of the original table' \
      FROM user_tracking AS tracked LEFT JOIN \(Statement.ledgerSums) AS noted \
      ON noted.user = tracked.user WHERE tracked.points <> COALESCE(noted.sum, 0)
      """)
    return count == 0 ? [] : ["the points of \(count) users were adopted"]
  }

  /// Makes the rows of a lost `user_tracking` again from the ledger.
  func makeRowsAgain() throws -> [String] {
    let count = try execute(
      """
      INSERT INTO user_tracking (user, points) SELECT user, sum FROM \(Statement.ledgerSums) AS known \
      WHERE sum BETWEEN 1 AND \(Int64.max)
      """)
    return ["the rows of \(count) users in user_tracking were made again from the ledger"]
  }

  private struct Column {
    let type: String
    let fullType: String
    let collation: String?
    let isNullable: Bool
    let length: Int64
  }

  private func originalColumns() throws -> [String: Column] {
    var columns: [String: Column] = [:]
    try query(
      """
      SELECT LOWER(column_name), LOWER(data_type), LOWER(column_type), collation_name, \
      is_nullable, CAST(COALESCE(character_maximum_length, 0) AS SIGNED) \
      FROM information_schema.columns \
      WHERE table_schema = DATABASE() AND table_name = 'user_tracking'
      """
    ) { row in
      columns[try row.text(0)] = Column(
        type: try row.text(1), fullType: try row.text(2), collation: try row.optionalText(3),
        isNullable: try row.text(4) == "YES", length: try row.integer(5))
    }
    return columns
  }

  private func refusal(_ reason: String) -> LedgerError {
    .unavailable(
      "the table user_tracking cannot be adopted: \(reason); correct it by hand, and pointsd goes on."
        + " Nothing was changed")
  }

  /// Everything that would lose a point or a user.
  private func refuseUnusableRows() throws {
    let name = "CONVERT(user USING utf8mb4) COLLATE utf8mb4_nopad_bin"
    let faults: [(String, String)] = [
      (
        "more than one row for",
        "SELECT name FROM (SELECT \(name) AS name FROM user_tracking) AS names GROUP BY name"
          + " HAVING COUNT(*) > 1"
      ),
      (
        "no name in the row with points",
        "SELECT points AS name FROM user_tracking WHERE user IS NULL"
      ),
      (
        "names longer than 100 characters:",
        "SELECT \(name) AS name FROM user_tracking WHERE CHAR_LENGTH(user) > 100"
      ),
      (
        "a datetime_stamp that is no date, such as 0000-00-00 (UPDATE user_tracking SET"
          + " datetime_stamp = NULL WHERE …), of",
        "SELECT \(name) AS name FROM user_tracking WHERE datetime_stamp IS NOT NULL"
          + " AND CAST(CAST(datetime_stamp AS CHAR) AS DATETIME) IS NULL"
      ),
      ("points below 0 of", "SELECT \(name) AS name FROM user_tracking WHERE points < 0"),
      (
        "points that are no whole number up to \(Int64.max) of",
        "SELECT \(name) AS name FROM user_tracking WHERE CAST(points AS CHAR) NOT REGEXP '^-?[0-9]+([.]0*)?$'"
          + " OR CAST(points AS DECIMAL(65, 0)) > \(Int64.max)"
      ),
    ]
    for (fault, sql) in faults {
      let names = try query(
        "SELECT CAST(found.name AS CHAR) FROM (\(sql) LIMIT 10) AS found",
        row: { try $0.optionalText(0) ?? "NULL" })
      if !names.isEmpty { throw refusal("\(fault) \(names.joined(separator: ", "))") }
    }
  }

  private func changesNeeded(_ columns: [String: Column]) throws -> [String] {
    var changes: [String] = []
    if columns["id"] == nil {
      let key = try hasPrimaryKey() ? "ADD UNIQUE KEY (id)" : "ADD PRIMARY KEY (id)"
      changes += ["ADD COLUMN id INT NOT NULL AUTO_INCREMENT FIRST", key]
    }
    if let user = columns["user"],
      user.type != "varchar" || user.length < 100 || user.isNullable
        || user.collation != "utf8mb4_nopad_bin"
    {
      let length = user.type == "varchar" ? max(100, user.length) : 100
      changes.append(
        "MODIFY user VARCHAR(\(length)) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL")
    }
    if let points = columns["points"],
      points.type != "bigint" || points.fullType.contains("unsigned") || points.isNullable
    {
      changes.append("MODIFY points BIGINT NOT NULL DEFAULT 0")
    }
    if let stamp = columns["datetime_stamp"], !["datetime", "timestamp"].contains(stamp.type) {
      changes.append("MODIFY datetime_stamp DATETIME NULL DEFAULT CURRENT_TIMESTAMP")
    }
    if try indexColumns()["one_row_a_user"] == nil {
      changes.append("ADD UNIQUE KEY one_row_a_user (user)")
    }
    if try !hasCheck() {
      changes.append("ADD CONSTRAINT points_not_negative CHECK (points >= 0)")
    }
    if try engine() != "innodb" { changes.append("ENGINE = InnoDB") }
    return changes
  }

  private func hasPrimaryKey() throws -> Bool { try indexColumns()["PRIMARY"] != nil }

  /// The columns of each unique index.
  private func indexColumns() throws -> [String: [String]] {
    var indexes: [String: [String]] = [:]
    try query(
      """
      SELECT index_name, LOWER(column_name) FROM information_schema.statistics \
      WHERE table_schema = DATABASE() AND table_name = 'user_tracking' AND non_unique = 0 \
      ORDER BY index_name, seq_in_index
      """, each: { indexes[try $0.text(0), default: []].append(try $0.text(1)) })
    return indexes
  }

  private func hasCheck() throws -> Bool {
    try !query(
      """
      SELECT constraint_name FROM information_schema.check_constraints \
      WHERE constraint_schema = DATABASE() AND table_name = 'user_tracking' \
      AND constraint_name = 'points_not_negative'
      """, row: { try $0.text(0) }
    ).isEmpty
  }

  private func engine() throws -> String? {
    try query(
      """
      SELECT LOWER(engine) FROM information_schema.tables \
      WHERE table_schema = DATABASE() AND table_name = 'user_tracking'
      """, row: { try $0.optionalText(0) }
    ).first ?? nil
  }
}
