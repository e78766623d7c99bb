import MariaDB
import Points

/// Names of the ledger that are one user's: the same but for case, normalisation and blanks at the
/// end. Accents count.
///
/// The ledger compares names byte by byte. A row whose name differs from a configured one only so is
/// that user's, and takes the configuration's spelling with everything the ledger has of it.
extension Session {
  /// Throws `LedgerError.unavailable` when two rows of `user_tracking` are one user's.
  /// - Parameter users: whose; nil for everybody's.
  func refuseTwins(of users: [String]? = nil, name: String = "user") throws {
    let wanted = users.map { Set($0.map(FoldedName.init)) }
    var rows: [FoldedName: Set<ExactName>] = [:]
    try query("SELECT \(name) FROM user_tracking WHERE user IS NOT NULL") { row in
      let user = try row.text(0)
      let folded = FoldedName(user)
      if wanted?.contains(folded) ?? true { rows[folded, default: []].insert(ExactName(user)) }
    }
    try refuse(rows.values.filter { $0.count > 1 }, "rows")
  }

  private func refuse(_ twins: [Set<ExactName>], _ what: String) throws {
    guard !twins.isEmpty else { return }
    let named = twins.map { $0.sorted().map(\.description).joined(separator: " and ") }.sorted()
    throw LedgerError.unavailable(
      "user_tracking cannot be used: one user has several \(what), as names count the same in any"
        + " case, normalisation and with blanks at the end: \(named.prefix(10).joined(separator: "; "))."
        + " Add the points up in one of them by hand, and delete the others. Nothing was changed")
  }

  /// Gives the spelling of `users` to what the ledger has under another one, in a transaction that
  /// has found no rows of theirs.
  /// - Returns: whether something was renamed.
  func takeSpelling(of users: [String]) throws -> Bool {
    let wanted = Dictionary(
      users.map { (FoldedName($0), $0) }, uniquingKeysWith: { first, _ in first })
    let rows = try names(like: wanted, "SELECT user FROM user_tracking")
    let entries = try names(
      like: wanted,
      """
      SELECT DISTINCT user FROM runs UNION SELECT DISTINCT user FROM adjustments \
      UNION SELECT user FROM intents
      """)
    var renamed = false
    for (folded, user) in wanted {
      let names = rows[folded, default: []].union(entries[folded, default: []])
      let others = names.subtracting([ExactName(user)]).sorted()
      guard !others.isEmpty else { continue }
      try refuseTwoAccounts(rows: rows[folded, default: []], all: names)
      for other in others { try rename(other.text, to: user) }
      renamed = true
    }
    return renamed
  }

  /// The names that a query finds and that are of `wanted`.
  private func names(
    like wanted: [FoldedName: String], _ sql: String
  ) throws -> [FoldedName: Set<ExactName>] {
    var names: [FoldedName: Set<ExactName>] = [:]
    try query(sql) { row in
      let name = try row.text(0)
      let folded = FoldedName(name)
      if wanted[folded] != nil { names[folded, default: []].insert(ExactName(name)) }
    }
    return names
  }

  /// Entries without a row that add up to nothing are what is left of a row that was renamed by
  /// hand. Those with a sum are an account beside that of the row.
  private func refuseTwoAccounts(rows: Set<ExactName>, all: Set<ExactName>) throws {
    let accounts = try all.filter { name in
      try rows.contains(name) || ledgerSums(of: [name.text]).values.contains { $0 != 0 }
    }
    if accounts.count > 1 { try refuse([accounts], "accounts") }
  }

  private func rename(_ old: String, to new: String) throws {
    let values: [Value] = [.text(new), .text(old)]
    for table in ["user_tracking", "runs", "adjustments", "operations"] {
      try execute("UPDATE \(table) SET user = ? WHERE user = ?", values)
    }
    // What was asked of the user under the spelling of the configuration holds.
    try execute("UPDATE IGNORE intents SET user = ? WHERE user = ?", values)
    try execute("DELETE FROM intents WHERE user = ?", [.text(old)])
    try execute(
      """
      INSERT INTO adjustments (user, delta, source, made_at, made_by, reason) \
      VALUES (?, 0, 'notice', NOW(3), 'pointsd', ?)
      """,
      [
        .text(new),
        .reason(
          "\(ExactName(old)) in the ledger is \(ExactName(new)) of the configuration: renamed,"
            + " with its points"),
      ])
  }
}
