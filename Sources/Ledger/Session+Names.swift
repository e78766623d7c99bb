import MariaDB
import Points

/// Names of the ledger that are one user's: the same but for case, normalisation and blanks at the
/// end. Accents count.
///
/// The ledger compares names byte by byte. A row whose name differs from a configured one only so is
/// that user's, and takes the configuration's spelling with everything the ledger has of it.
extension Session {
  /// Throws `LedgerError.unavailable` when two rows of `user_tracking` are one user's, whichever user that is.
  /// - Parameter name: an expression for the name in a table that is not converted yet.
  func refuseTwins(name: String = "user") throws {
    let twins = try rowsByUser(name).values.filter { $0.count > 1 }
    guard !twins.isEmpty else { return }
    throw LedgerError.unavailable(
      "user_tracking cannot be used: \(Self.refusal(of: twins, "rows")). Nothing was changed")
  }

  /// Those of `users` that have two rows in `user_tracking`, each with what to do about it.
  func twins(of users: [String]) throws -> [String: String] {
    let rows = try rowsByUser("user")
    let twins = users.compactMap { user -> (String, String)? in
      guard let own = rows[FoldedName(user)], own.count > 1 else { return nil }
      return (user, Self.refusal(of: [own], "rows"))
    }
    return Dictionary(twins, uniquingKeysWith: { first, _ in first })
  }

  private func rowsByUser(_ name: String) throws -> [FoldedName: Set<ExactName>] {
    var rows: [FoldedName: Set<ExactName>] = [:]
    try query("SELECT \(name) FROM user_tracking WHERE user IS NOT NULL") { row in
      let user = try row.text(0)
      rows[FoldedName(user), default: []].insert(ExactName(user))
    }
    return rows
  }

  private static func refusal(of twins: [Set<ExactName>], _ what: String) -> String {
    let named = twins.map { $0.sorted().map(\.description).joined(separator: " and ") }.sorted()
    return "one user has several \(what), as names count the same in any case, normalisation and"
      + " with blanks at the end: \(named.prefix(10).joined(separator: "; "))."
      + " Add the points up in one of them by hand, and delete the others"
  }

  /// Gives the spelling of `users` to what the ledger has under another one, in a transaction that
  /// has found no rows of theirs.
  /// - Returns: whether something was renamed, and those that were left as they are because two
  ///   accounts are theirs, each with what to do about it.
  func takeSpelling(of users: [String]) throws -> (renamed: Bool, refused: [String: String]) {
    let wanted = Dictionary(
      users.map { (FoldedName($0), $0) }, uniquingKeysWith: { first, _ in first })
    let rows = try names(like: wanted, "SELECT user FROM user_tracking")
    let entries = try names(
      like: wanted,
      """
      SELECT DISTINCT user FROM runs UNION SELECT DISTINCT user FROM adjustments \
      UNION SELECT user FROM intents
      """)
    var (renamed, refused) = (false, [String: String]())
    for (folded, user) in wanted {
      let names = rows[folded, default: []].union(entries[folded, default: []])
      let others = names.subtracting([ExactName(user)]).sorted()
      guard !others.isEmpty else { continue }
      let accounts = try accounts(rows: rows[folded, default: []], all: names)
      guard accounts.count < 2 else {
        refused[user] = Self.refusal(of: [accounts], "accounts")
        continue
      }
      for other in others { try rename(other.text, to: user) }
      renamed = true
    }
    return (renamed, refused)
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
  private func accounts(rows: Set<ExactName>, all: Set<ExactName>) throws -> Set<ExactName> {
    try all.filter { name in
      try rows.contains(name) || ledgerSums(of: [name.text]).values.contains { $0 != 0 }
    }
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
