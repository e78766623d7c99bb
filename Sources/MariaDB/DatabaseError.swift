/// A statement or a connection failed.
public struct DatabaseError: Error, Sendable, Hashable {
  /// What the connection was doing, which decides what a lost connection means.
  public enum Phase: Sendable, Hashable {
    /// Connecting and logging in: nothing was asked yet.
    case connecting
    /// Any statement but COMMIT.
    case statement
    /// A statement of a transaction whose COMMIT was not sent: the server rolls back what a
    /// connection leaves behind.
    case transaction
    /// COMMIT was sent.
    case committing
  }

  /// MariaDB's error number, or libmariadb's from 2000 on; 0 for errors of our own.
  public let code: Int
  /// The five characters of SQLSTATE; `HY000` says nothing particular.
  public let sqlState: String
  public let message: String
  /// The statement, on one line and shortened; nil where there was none.
  public let statement: String?
  /// What is known of the outcome, and so what to do next.
  public let kind: Kind

  public init(
    code: Int, sqlState: String = "HY000", message: String, statement: String? = nil,
    phase: Phase = .statement
  ) {
    self.code = code
    self.sqlState = sqlState
    self.message = message
    self.statement = statement.map(Self.shortened)
    self.kind = Kind(code: code, phase: phase)
  }

  /// An error of our own, whose kind follows from no number.
  init(kind: Kind, message: String, statement: String? = nil) {
    self.code = 0
    self.sqlState = "HY000"
    self.message = message
    self.statement = statement.map(Self.shortened)
    self.kind = kind
  }

  /// Whether the connection cannot be used any more.
  public var endsConnection: Bool { Kind.connectionLosses.contains(code) }

  /// At most 120 characters, with blanks and line breaks made one blank.
  private static func shortened(_ statement: String) -> String {
    let words = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count <= 120 ? words : words.prefix(119) + "…"
  }
}

extension DatabaseError: CustomStringConvertible {
  public var description: String {
    let place = statement.map { " in: \($0)" } ?? ""
    return code == 0 ? message + place : "\(message) (MariaDB error \(code))\(place)"
  }
}
