import MariaDB
import Points

/// The keys and checks of one of the ledger's tables, as `sql/004` has them: what keeps a hand from
/// writing what cannot be.
struct TableGuards {
  let table: String
  /// Of keys and constraints.
  let names: [String]
  /// Makes those that are missing.
  let statement: String

  /// One for each table.
  static let all: [TableGuards] = Migration.all.filter { $0.version == 4 }
    .flatMap(\.statements).compactMap(TableGuards.init)

  /// - Parameter statement: `ALTER TABLE … ADD … KEY IF NOT EXISTS name (…), ADD CONSTRAINT IF NOT
  ///   EXISTS name CHECK (…), …`.
  private init?(_ statement: String) {
    let words = statement.split(whereSeparator: \.isWhitespace)
    guard words.count > 2, words[0] == "ALTER", words[1] == "TABLE" else { return nil }
    self.table = String(words[2])
    self.names = words.indices.dropFirst(3).filter { words[$0 - 1] == "EXISTS" }
      .map { String(words[$0]) }
    self.statement = statement
  }
}

extension Session {
  /// Makes the keys and checks of the ledger's tables that were dropped.
  ///
  /// Throws `LedgerError.unavailable` where rows stand against one.
  /// - Parameter seconds: how long a table may take; nil for as long as the session lets it.
  /// - Returns: what was done, one line each.
  func repairGuards(within seconds: Int? = nil) throws -> [String] {
    let present = try guardsPresent()
    return try TableGuards.all.flatMap { guards -> [String] in
      let missing = guards.names.filter { !present.contains("\(guards.table).\($0)") }
      guard !missing.isEmpty else { return [] }
      try make(guards, within: seconds)
      return missing.map { "\($0) of the table \(guards.table) was missing and was made" }
    }
  }

  /// Makes what is missing of the keys and checks of a table.
  func make(_ guards: TableGuards, within seconds: Int? = nil) throws {
    let limit = seconds.map { "SET STATEMENT max_statement_time = \($0) FOR " } ?? ""
    do {
      try executeText(limit + guards.statement)
    } catch {
      guard error.isContradictedByRows else { throw error }
      throw LedgerError.unavailable(
        "a row of \(guards.table) has what cannot be, or stands there twice: \(error.message)."
          + " Correct it by hand in SQL, and pointsd goes on by itself")
    }
  }

  /// `table.name` of each key and check of the schema in use.
  private func guardsPresent() throws -> Set<String> {
    Set(
      try query(
        """
        SELECT CONCAT(table_name, '.', constraint_name) FROM information_schema.check_constraints \
        WHERE constraint_schema = DATABASE() UNION \
        SELECT CONCAT(table_name, '.', index_name) FROM information_schema.statistics \
        WHERE table_schema = DATABASE()
        """, row: { try $0.text(0) }))
  }
}

extension DatabaseError {
  /// Rows that are there stand against a key or a check: 1062 ER_DUP_ENTRY, 4025 ER_CONSTRAINT_FAILED;
  /// or hold what a check cannot even compare, 1690 ER_DATA_OUT_OF_RANGE, 1292 ER_TRUNCATED_WRONG_VALUE.
  var isContradictedByRows: Bool { [1062, 4025, 1690, 1292].contains(code) }
}
