import MariaDB
import Points

/// The tables beside the ledger in use that a restore works with, in the same schema: a backup is
/// taken into `restoring_…`; the exchanged ledger stays as `replaced_…` until the next restore, and
/// is `discarded_…` until it is dropped.
enum SideTables {
  enum Place: String, CaseIterable {
    case restoring, replaced, discarded

    func table(_ name: String) -> String { "\(rawValue)_\(name)" }
  }

  /// The setting that says that tables of these names are the ledger's.
  static let setting = "side_tables"

  /// Exchanges everything in one statement, which MariaDB makes atomic over a crash.
  /// - Parameter replaced: what an earlier restore kept.
  static func exchange(replaced: Set<String>) -> String {
    let steps = LedgerTables.exchanged.flatMap { table in
      let kept = Place.replaced.table(table)
      return
        (replaced.contains(kept) ? ["\(kept) TO \(Place.discarded.table(table))"] : []) + [
          "\(table) TO \(kept)", "\(Place.restoring.table(table)) TO \(table)",
        ]
    }
    return "RENAME TABLE " + steps.joined(separator: ", ")
  }
}

extension Session {
  /// The side tables that are there.
  func sideTables(_ places: [SideTables.Place] = SideTables.Place.allCases) throws -> Set<String> {
    let names = places.flatMap { LedgerTables.exchanged.map($0.table) }
    return try Set(
      query(
        """
        SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
        AND table_name IN (\(Statement.placeholders(names.count)))
        """, Value.texts(names), row: { try $0.text(0) }))
  }

  /// Drops what a restore left that did not come to its end, or that came to it and was ended before
  /// it had tidied up. Nothing of a ledger that can still be wanted is among it.
  func tidySideTables() throws {
    guard try setting(SideTables.setting) != nil else { return }
    let left = try sideTables([.restoring, .discarded])
    if !left.isEmpty {
      try executeText("DROP TABLE IF EXISTS " + left.sorted().joined(separator: ", "))
    }
    try dropTriggers(of: SideTables.Place.replaced.table("user_tracking"))
  }

  /// Makes empty tables, each shaped like the one in use, for a backup.
  /// Throws `LedgerError.refused` when tables of these names belong to others.
  func makeSideTables() throws {
    if try setting(SideTables.setting) == nil {
      let others = try sideTables().sorted()
      guard others.isEmpty else {
        throw LedgerError.refused(
          "a restore needs the names \(others.joined(separator: ", ")), and tables that are not"
            + " pointsd's have them: rename them; nothing was changed")
      }
      try set(SideTables.setting, to: "restoring_…, replaced_… and discarded_… are pointsd's")
    }
    try tidySideTables()
    for table in LedgerTables.exchanged {
      try executeText("CREATE TABLE \(SideTables.Place.restoring.table(table)) LIKE \(table)")
    }
  }

  /// Throws `LedgerError.refused` when an exchange of the tables would take away triggers or foreign
  /// keys of others.
  func refuseForeignParts() throws {
    var parts: [String] = []
    for table in LedgerTables.exchanged {
      for name in try foreignTriggers(of: table) {
        parts.append("the trigger \(name) on \(table) (DROP TRIGGER \(quotedIdentifier(name)))")
      }
    }
    try query(
      """
      SELECT DISTINCT constraint_name, table_schema, table_name, referenced_table_name \
      FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL \
      AND ((referenced_table_schema = DATABASE() AND referenced_table_name IN (\(Self.exchanged))) \
      OR (table_schema = DATABASE() AND table_name IN (\(Self.exchanged)))) ORDER BY 1, 2, 3
      """
    ) { row in
      let (name, schema, table) = (try row.text(0), try row.text(1), try row.text(2))
      parts.append(
        "the foreign key \(name) of \(schema).\(table) to \(try row.text(3)) (ALTER TABLE"
          + " \(quotedIdentifier(schema)).\(quotedIdentifier(table)) DROP FOREIGN KEY \(quotedIdentifier(name)))"
      )
    }
    guard parts.isEmpty else {
      throw LedgerError.refused(
        "a restore exchanges the ledger's tables, and these are not pointsd's and would be lost:"
          + " \(parts.joined(separator: "; ")). Drop them, restore, and make them again; nothing"
          + " was changed")
    }
  }

  private static let exchanged = LedgerTables.exchanged.map { "'\($0)'" }.joined(separator: ", ")
}
