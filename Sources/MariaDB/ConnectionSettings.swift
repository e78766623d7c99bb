/// Where the database is, as whom to log in, and how long to wait for it.
public struct ConnectionSettings: Sendable, Hashable {
  /// Where the server listens.
  public enum Endpoint: Sendable, Hashable {
    /// A Unix socket, at most 107 bytes of path.
    case socket(String)
    /// A host name or address, and a port.
    case tcp(host: String, port: UInt16)
  }

  public var endpoint: Endpoint
  public var user: String
  /// nil where the server knows the client by its operating-system user (`unix_socket`).
  public var password: String?
  /// The default database; nil for none.
  public var database: String?
  /// Longest wait for a connection, in whole seconds, as libmariadb takes it.
  public var connectTimeoutSeconds: UInt32
  /// Longest wait for a part of an answer, in whole seconds. Passed, the connection is lost (2013).
  public var readTimeoutSeconds: UInt32
  /// Longest wait until the server takes more of a request, in whole seconds.
  public var writeTimeoutSeconds: UInt32
  /// Milliseconds after which the *server* gives a statement up (1969) and rolls it back; nil for
  /// never. Kept below the read timeout, so that a slow statement ends with its outcome known and
  /// the connection stays usable.
  public var statementTimeoutMilliseconds: UInt32?
  /// Seconds a statement waits for a row lock (1205).
  public var lockWaitTimeoutSeconds: UInt32

  public init(
    endpoint: Endpoint, user: String, password: String? = nil, database: String? = nil,
    connectTimeoutSeconds: UInt32 = 2, readTimeoutSeconds: UInt32 = 5,
    writeTimeoutSeconds: UInt32 = 5, statementTimeoutMilliseconds: UInt32? = 4000,
    lockWaitTimeoutSeconds: UInt32 = 1
  ) {
    self.endpoint = endpoint
    self.user = user
    self.password = password
    self.database = database
    self.connectTimeoutSeconds = connectTimeoutSeconds
    self.readTimeoutSeconds = readTimeoutSeconds
    self.writeTimeoutSeconds = writeTimeoutSeconds
    self.statementTimeoutMilliseconds = statementTimeoutMilliseconds
    self.lockWaitTimeoutSeconds = lockWaitTimeoutSeconds
  }
}

extension ConnectionSettings {
  /// What makes every session alike, whatever the server's own defaults are.
  ///
  /// `SIMULTANEOUS_ASSIGNMENT` makes an UPDATE's assignments see the row as it was. The binary
  /// collation holds for literals and parameters; a column's own collation still wins.
  var sessionStatement: String {
    let statementSeconds = Double(statementTimeoutMilliseconds ?? 0) / 1000
    return """
      SET NAMES utf8mb4 COLLATE utf8mb4_bin, autocommit = 1, time_zone = '+00:00', \
      sql_mode = 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,\
      NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,SIMULTANEOUS_ASSIGNMENT', \
      tx_isolation = 'REPEATABLE-READ', innodb_lock_wait_timeout = \(lockWaitTimeoutSeconds), \
      lock_wait_timeout = \(max(lockWaitTimeoutSeconds, 1)), max_statement_time = \(statementSeconds)
      """
  }
}

extension ConnectionSettings.Endpoint: CustomStringConvertible {
  public var description: String {
    switch self {
    case .socket(let path): path
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}
