/// Where a MariaDB server is and how to speak to it.
public struct ConnectionSettings: Sendable, Hashable {
  public enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket's path, at most 107 bytes.
    case socket(String)
    case tcp(host: String, port: Int)

    public var description: String {
      switch self {
      case .socket(let path): path
      case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      }
    }
  }

  /// Whether the connection is encrypted, and by whose word the server is the one that is meant.
  public enum TLS: Sendable, Hashable {
    case off
    /// The server's certificate bears its name and is signed by an authority of this machine.
    case system
    /// The same, signed by an authority whose certificate is in this file.
    case authority(String)
  }

  public var endpoint: Endpoint
  /// Nothing is sent, not even the account's name, before the server's certificate is verified.
  public var tls: TLS
  public var user: String
  /// nil where the server knows the user by the operating system's account.
  public var password: String?
  /// The schema to use; nil while it may not exist yet.
  public var database: String?
  /// Longest wait for a connection, in whole seconds, as libmariadb counts.
  public var connectTimeoutSeconds: Int
  /// How long the server may take to answer, in whole seconds; then the connection is lost (2013).
  public var readTimeoutSeconds: Int
  /// How long the server may take to accept a statement, in whole seconds.
  public var writeTimeoutSeconds: Int
  /// Seconds after which the *server* gives a statement up (1969) and rolls it back, 0 for never.
  /// Kept below the read timeout by default, so that a slow statement ends with its outcome known
  /// and the connection stays usable.
  public var statementTimeoutSeconds: Int

  /// - Parameter statementTimeoutSeconds: one less than the read timeout, but not below 1, if nil.
  public init(
    endpoint: Endpoint, tls: TLS = .off, user: String, password: String? = nil,
    database: String? = nil,
    connectTimeoutSeconds: Int = 2, readTimeoutSeconds: Int = 5, writeTimeoutSeconds: Int = 5,
    statementTimeoutSeconds: Int? = nil
  ) {
    self.endpoint = endpoint
    self.tls = tls
    self.user = user
    self.password = password
    self.database = database
    self.connectTimeoutSeconds = connectTimeoutSeconds
    self.readTimeoutSeconds = readTimeoutSeconds
    self.writeTimeoutSeconds = writeTimeoutSeconds
    self.statementTimeoutSeconds = statementTimeoutSeconds ?? max(1, readTimeoutSeconds - 1)
  }

  /// What each session begins with, whatever the server's own defaults are: UTC, strict, names
  /// compared byte by byte, no endless waits, assignments of an UPDATE that see the row as it was. A
  /// transaction whose client is gone ends after 20 s, and its locks with it.
  var sessionSetup: String {
    """
    SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin, \
    SESSION autocommit = 1, \
    SESSION tx_isolation = 'REPEATABLE-READ', \
    SESSION time_zone = '+00:00', \
    SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
    ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,SIMULTANEOUS_ASSIGNMENT', \
    SESSION innodb_lock_wait_timeout = 1, \
    SESSION lock_wait_timeout = 1, \
    SESSION idle_transaction_timeout = 20, \
    SESSION max_statement_time = \(statementTimeoutSeconds)
    """
  }
}
