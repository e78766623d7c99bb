/// All rights of a local account on one schema, and on none that is only called alike.
///
/// The schema of a GRANT is a pattern, in which `_` stands for any character and `%` for any text:
/// `network_project` is `networkXproject`, too. Behind a backslash they stand for themselves.
public struct SchemaGrant: Sendable, Hashable {
  private let schema: String
  private let user: String

  /// - Parameters:
  ///   - schema: its name.
  ///   - user: the account's name; its host is `localhost`.
  public init(_ schema: String, to user: String) {
    self.schema = schema
    self.user = user
  }

  /// The statement that grants.
  public var grant: String {
    "GRANT ALL ON \(quotedIdentifier(pattern)).* TO \(account)"
  }

  /// Grants, and takes back what an earlier version granted by the bare name.
  public func apply(_ session: Session) throws {
    try session.executeText(grant)
    try revokeWide(session)
  }

  /// Takes back what an earlier version granted by the bare name.
  public func revokeWide(_ session: Session) throws {
    guard pattern != schema else { return }
    let wide = try session.query(
      "SELECT Db FROM mysql.db WHERE Db = ? AND User = ? AND Host = 'localhost'",
      [.text(schema), .text(user)]
    ) { try $0.text(0) }
    guard !wide.isEmpty else { return }
    try session.executeText(
      "REVOKE ALL PRIVILEGES ON \(quotedIdentifier(schema)).* FROM \(account)")
  }

  private var account: String { "\(quotedIdentifier(user))@localhost" }

  private var pattern: String {
    schema.reduce(into: "") { pattern, character in
      if "\\_%".contains(character) { pattern.append("\\") }
      pattern.append(character)
    }
  }
}

/// `name` between backquotes, as SQL wants the names of schemas, tables and accounts.
public func quotedIdentifier(_ name: String) -> String {
  "`" + name.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``") + "`"
}
