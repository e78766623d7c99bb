/// A statement or a connection failed.
public struct DatabaseError: Error, Sendable, Hashable {
  /// What is known about the statement that failed, and so what to do.
  public enum Kind: Sendable, Hashable {
    /// Nothing was changed; the same may succeed if tried again.
    case notDone
    /// It may have been done, or may still be: look, then decide.
    case unknown
    /// It was done before, under the same unique key.
    case alreadyDone
    /// Another try gives the same error.
    case never
  }

  /// MariaDB's error number, or libmariadb's from 2000 on; 0 for errors of our own.
  public let code: Int
  public let message: String
  /// The statement, shortened; nil where there was none.
  public let statement: String?

  public init(code: Int, message: String, statement: String? = nil) {
    self.code = code
    self.message = message
    self.statement = statement.map { String($0.prefix(120)) }
  }

  public var kind: Kind { Self.kinds[code] ?? .never }

  /// Whether the connection cannot be used any more.
  public var endsConnection: Bool {
    switch code {
    case 1053, 1152...1161, 1184, 1927, 2000...2099: true
    default: false
    }
  }

  /// The one table of error classes. Sources: MariaDB's error code reference, mysqld_error.h and
  /// errmsg.h of Connector/C.
  static let kinds: [Int: Kind] = [
    1020: .notDone,  // record has changed since last read
    1040: .notDone,  // too many connections
    1047: .notDone,  // a Galera node that is not prepared
    1129: .notDone,  // host blocked after many connection errors
    1203: .notDone,  // too many connections of this user
    1205: .notDone,  // lock wait timeout: the statement was rolled back
    1213: .notDone,  // deadlock: the transaction was rolled back
    2002: .notDone,  // cannot connect over the socket
    2003: .notDone,  // cannot connect to the host
    2005: .notDone,  // unknown host
    1053: .unknown,  // server shutdown in progress
    1152: .unknown,  // aborted connection
    1158: .unknown,  // communication packets: read error
    1159: .unknown,  // communication packets: read interrupted
    1160: .unknown,  // communication packets: write error
    1161: .unknown,  // communication packets: write interrupted
    1184: .unknown,  // aborted connection
    1317: .unknown,  // the statement was interrupted
    1927: .unknown,  // the connection was killed
    1969: .unknown,  // the statement exceeded max_statement_time
    2006: .unknown,  // server has gone away
    2013: .unknown,  // connection lost during the statement, deadlines included
    2055: .unknown,  // connection lost, with the system's error
    1062: .alreadyDone,  // duplicate key
  ]
}

extension DatabaseError: CustomStringConvertible {
  public var description: String {
    let place = statement.map { " in: \($0)" } ?? ""
    return code == 0 ? message + place : "\(message) (MariaDB error \(code))\(place)"
  }
}
