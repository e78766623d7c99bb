extension DatabaseError {
  /// What is known of the outcome of a statement that failed, and so what to do next.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Nothing was changed; the same may work when tried again.
    case notDone = "not done"
    /// It may have been done, may not have been, or may be done later: look, then decide.
    case unknown
    /// The row is there already: on an operation's identifier, the operation was done before.
    case alreadyDone = "already done"
    /// Another try gives the same: a fault of the statement, of a privilege or of a value.
    case never
  }
}

extension DatabaseError.Kind {
  /// The one table of error classes.
  ///
  /// Numbers: MariaDB's `mysqld_error.h` and `errmsg.h`. What is not listed is `never`, as a try
  /// that repeats an unforeseen error helps nobody.
  init(code: Int, phase: DatabaseError.Phase) {
    let kind = Self.table[code] ?? .never
    switch (kind, phase) {
    case (.unknown, .connecting), (.unknown, .transaction):
      // Nothing was asked before the login was through, nothing stays without its COMMIT.
      self = .notDone
    case (.notDone, .committing) where Self.interruptions.contains(code):
      // A COMMIT that was interrupted may be past the point of no return.
      self = .unknown
    default:
      self = kind
    }
  }

  /// A statement ended from outside: InnoDB has rolled the statement back before it says so.
  private static let interruptions: Set<Int> = [1317, 1969, 3024]

  private static let table: [Int: DatabaseError.Kind] = {
    var table: [Int: DatabaseError.Kind] = [:]
    for code in codesNotDone { table[code] = .notDone }
    for code in codesUnknown { table[code] = .unknown }
    table[1062] = .alreadyDone  // ER_DUP_ENTRY
    return table
  }()

  private static let codesNotDone: [Int] = [
    1021,  // ER_DISK_FULL: until there is room again
    1030,  // ER_GET_ERRNO: the storage engine, such as of a full disk
    1290, 1836,  // ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE: the server is read-only for now
    1020,  // ER_CHECKREAD: the record changed since it was read
    1040,  // ER_CON_COUNT_ERROR: too many connections
    1047,  // ER_UNKNOWN_COM_ERROR: how a Galera node says it is not ready
    1114,  // ER_RECORD_FILE_FULL: out of disk space, until there is room again
    1129,  // ER_HOST_IS_BLOCKED
    1203,  // ER_TOO_MANY_USER_CONNECTIONS
    1205,  // ER_LOCK_WAIT_TIMEOUT
    1213,  // ER_LOCK_DEADLOCK
    1226,  // ER_USER_LIMIT_REACHED
    1243,  // ER_UNKNOWN_STMT_HANDLER: the prepared statement is gone
    1317,  // ER_QUERY_INTERRUPTED: KILL QUERY
    1412,  // ER_TABLE_DEF_CHANGED
    1461,  // ER_MAX_PREPARED_STMT_COUNT_REACHED
    1615,  // ER_NEED_REPREPARE
    1637,  // ER_TOO_MANY_CONCURRENT_TRXS
    1969,  // ER_STATEMENT_TIMEOUT: max_statement_time
    3024,  // MySQL's ER_QUERY_TIMEOUT
    2001, 2002, 2003, 2004, 2005,  // CR_…: no connection to the server could be made
    2012,  // CR_SERVER_HANDSHAKE_ERR
  ]

  private static let codesUnknown: [Int] = [
    1053,  // ER_SERVER_SHUTDOWN
    1152, 1184,  // ER_ABORTING_CONNECTION, ER_NEW_ABORTING_CONNECTION
    1158, 1159, 1160, 1161,  // ER_NET_…: reading or writing packets, on the server's side
    1180,  // ER_ERROR_DURING_COMMIT
    1927,  // ER_CONNECTION_KILLED
    2006,  // CR_SERVER_GONE_ERROR
    2013,  // CR_SERVER_LOST
    2026,  // CR_SSL_CONNECTION_ERROR: how a connection with TLS is lost
    2027,  // CR_MALFORMED_PACKET
    2055,  // CR_SERVER_LOST_EXTENDED
    2057,  // CR_…: the table was altered between preparing and executing; the answer is unreadable
    4031,  // MySQL's ER_CLIENT_INTERACTION_TIMEOUT
  ]

  /// Errors after which the connection is not to be used again.
  static let connectionLosses: Set<Int> = [
    1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2014, 2026, 2027,
    2055, 2057, 4031,
  ]
}
