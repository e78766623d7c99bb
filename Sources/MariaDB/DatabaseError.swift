/// What the database, or the way to it, answered instead of a result.
public struct DatabaseError: Error, Sendable, Hashable {
  /// What the connection was doing, which decides what a lost connection means.
  public enum Phase: Sendable, Hashable {
    /// Connecting and logging in: nothing was asked yet.
    case connecting
    /// Any statement but COMMIT.
    case statement
    /// COMMIT was sent.
    case committing
  }

  /// MariaDB's number of the error (client numbers are 2000–2999); 0 for errors of this module.
  public let code: Int
  /// The five characters of SQLSTATE; `HY000` says nothing particular.
  public let sqlState: String
  /// What the server or the client library said.
  public let message: String
  /// The beginning of the statement concerned.
  public let statement: String?
  /// What is known of the outcome, and so what to do next.
  public let kind: Kind

  /// An error as MariaDB numbers it; its kind is looked up in the table of kinds.
  public init(
    code: Int, sqlState: String, message: String, statement: String?, phase: Phase = .statement
  ) {
    self.code = code
    self.sqlState = sqlState
    self.message = message
    self.statement = statement.map(Self.shortened)
    self.kind = Kind(code: code, phase: phase)
  }

  /// An error of this module, without a number of MariaDB's.
  public init(kind: Kind, message: String, statement: String? = nil) {
    self.code = 0
    self.sqlState = "HY000"
    self.message = message
    self.statement = statement.map(Self.shortened)
    self.kind = kind
  }

  /// The statement on one line, at most 120 characters of it.
  private static func shortened(_ statement: String) -> String {
    let words = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count <= 120 ? words : words.prefix(119) + "…"
  }
}

extension DatabaseError: CustomStringConvertible {
  public var description: String {
    let number = code == 0 ? "" : " (\(code), SQLSTATE \(sqlState))"
    let place = statement.map { " in: \($0)" } ?? ""
    return message + number + place
  }
}
