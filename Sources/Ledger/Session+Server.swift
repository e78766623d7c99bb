import MariaDB
import Points

/// A look at a given server before anything is written to it.
extension Session {
  /// Throws `LedgerError.unavailable` naming what must be changed, with the statement, and
  /// `failed` for tables that are not ours.
  func lookAtServer() throws {
    try refuseForeignTables()
    try refuseAnotherAccount()
    let rights = try AccountRights(of: self)
    let missing = rights.missing
    guard missing.isEmpty else {
      throw LedgerError.unavailable(
        "the account \(rights.account) lacks \(missing.joined(separator: ", ")) on \(rights.schema)."
          + " As root in SQL: GRANT ALL ON \(quotedIdentifier(rights.schemaPattern)).* TO"
          + " \(rights.account). Nothing was changed")
    }
    if try variable("read_only") != 0, !rights.has("READ_ONLY ADMIN", "READ ONLY ADMIN") {
      throw Self.unavailable(1290)
    }
    if try variable("log_bin") != 0, try variable("log_bin_trust_function_creators") == 0,
      !rights.has("SUPER", "BINLOG ADMIN"), try !triggersAreSound()
    {
      throw Self.unavailable(1419)
    }
  }

  /// The triggers know edits by hand by the account's name: a server that takes the daemon for another
  /// account, an anonymous one or one that it is a proxy for, would have each tick recorded as one.
  private func refuseAnotherAccount() throws {
    let accounts = try query(
      "SELECT SESSION_USER(), CURRENT_USER()", row: { (try $0.text(0), try $0.text(1)) })
    guard let (asked, given) = accounts.first, Self.name(of: asked) != Self.name(of: given) else {
      return
    }
    throw LedgerError.unavailable(
      "the server takes \(asked) for the account \(quoted(given)): give pointsd an account of its own for"
        + " where it comes from, or drop that one. As root in SQL: DROP USER \(quoted(given)). Nothing"
        + " was changed")
  }

  /// What stands before the last `@`.
  private static func name(of account: String) -> Substring {
    account.utf8.lastIndex(of: UInt8(ascii: "@")).map { account[..<$0] } ?? account[...]
  }

  /// As SQL names an account.
  private func quoted(_ account: String) -> String {
    "'\(Self.name(of: account))'@'\(account.split(separator: "@").last ?? "")'"
  }

  private static func unavailable(_ code: Int) -> LedgerError {
    .unavailable(
      "\(DatabaseError(code: code, message: "").remedy ?? ""). Nothing was changed")
  }

  private func variable(_ name: StaticString) throws -> Int64 {
    try query(
      "SELECT CAST(@@GLOBAL.\(name) AS SIGNED)", row: { try $0.optionalInteger(0) ?? 0 }
    ).first ?? 0
  }

  /// Throws when a table has one of the ledger's names and is another one.
  private func refuseForeignTables() throws {
    var columns: [String: Set<String>] = [:]
    try query(
      """
      SELECT table_name, LOWER(column_name) FROM information_schema.columns \
      WHERE table_schema = DATABASE()
      """, each: { columns[try $0.text(0), default: []].insert(try $0.text(1)) })
    let foreign = LedgerTables.all.filter { table in
      guard let present = columns[table], let ours = Self.characteristicColumns[table] else {
        return false
      }
      return !present.isSuperset(of: ours)
    }
    guard foreign.isEmpty else {
      throw LedgerError.failed(
        "the database has tables that are not pointsd's under the names \(foreign.joined(separator: ", ")):"
          + " rename them, or name another database in database.name. Nothing was changed")
    }
  }

  /// What a table of ours has since schema 1. An original `user_tracking` is looked at by itself.
  private static let characteristicColumns: [String: Set<String>] = [
    "runs": ["id", "user", "points_per_slot", "interval_ms", "first_slot", "last_slot", "tick"],
    "adjustments": ["id", "user", "delta", "source", "made_at", "made_by"],
    "intents": ["user", "running", "paused", "asked_by", "since", "revision"],
    "operations": ["id", "kind", "user", "asked_by", "made_at"],
    "ledger_settings": ["name", "value"],
    "served": ["instance", "user", "seen_at"],
  ]
}

/// What the account in use may do in the schema in use, as far as SHOW GRANTS says so.
private struct AccountRights {
  /// As GRANT takes it.
  let account: String
  let schema: String
  /// The names of global rights.
  private var global: Set<String> = []
  private var onSchema: Set<String> = []
  /// A role may give what is not seen here.
  private var hasRole = false

  private static let needed = [
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER",
  ]

  init(of session: Session) throws {
    var (account, schema) = ("", "")
    try session.query("SELECT CURRENT_USER(), DATABASE()") {
      account = try $0.text(0)
      schema = try $0.optionalText(1) ?? ""
    }
    self.schema = schema
    let parts = account.split(separator: "@", omittingEmptySubsequences: false)
    self.account =
      "'\(parts.dropLast().joined(separator: "@"))'@'\(parts.last.map(String.init) ?? "")'"
    for line in try session.query("SHOW GRANTS", row: { try $0.text(0) }) {
      try add(line, session)
    }
  }

  /// - Parameter line: `GRANT SELECT, INSERT ON `schema`.* TO …`, or of a role `GRANT role TO …`.
  private mutating func add(_ line: String, _ session: Session) throws {
    guard line.hasPrefix("GRANT "), let on = line.firstRange(of: " ON "),
      let to = line[on.upperBound...].firstRange(of: " TO ")
    else {
      hasRole = hasRole || line.hasPrefix("GRANT ")
      return
    }
    let rights = line[line.index(line.startIndex, offsetBy: 6)..<on.lowerBound]
      .split(separator: ",").map { String($0.drop { $0 == " " }) }
    let scope = String(line[on.upperBound..<to.lowerBound])
    if scope == "*.*" {
      global.formUnion(rights)
    } else if scope.hasSuffix(".*") {
      let pattern = scope.dropLast(2).filter { $0 != "`" }
      let matches = try session.query(
        "SELECT DATABASE() LIKE ?", [.text(pattern)], row: { try $0.integer(0) != 0 })
      if matches.first == true { onSchema.formUnion(rights) }
    }
  }

  /// Whether one of these global rights is there.
  func has(_ rights: String...) -> Bool {
    hasRole || global.contains("ALL PRIVILEGES") || !global.isDisjoint(with: rights)
  }

  var missing: [String] {
    let all = global.union(onSchema)
    guard !hasRole, !all.contains("ALL PRIVILEGES") else { return [] }
    return Self.needed.filter { !all.contains($0) }
  }

  /// In a GRANT `_` stands for any character.
  var schemaPattern: String {
    schema.replacing("\\", with: "\\\\").replacing("_", with: "\\_").replacing("%", with: "\\%")
  }
}
