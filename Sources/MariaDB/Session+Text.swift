import CMariaDB

extension Session {
  /// Runs one or more statements, divided by `;`, by the text protocol: for DDL, triggers and SET,
  /// which cannot be prepared. Results are thrown away. Never put values of users into the text.
  ///
  /// The server divides the script, so that triggers and procedures need no DELIMITER.
  public func executeScript(_ script: String) throws {
    let handle = try openHandle(script)
    guard mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_ON) == 0 else {
      throw failure(StatementFailure(connection: handle), script)
    }
    do {
      try command(script)
    } catch {
      if self.handle != nil { mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) }
      throw error
    }
    guard mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) == 0 else {
      throw failure(StatementFailure(connection: handle), script)
    }
  }

  /// Sends a statement by the text protocol and reads all results away.
  func command(_ sql: String) throws {
    let handle = try openHandle(sql)
    var status = mysql_real_query(handle, sql, UInt(sql.utf8.count))
    var statementNumber = 1
    while status == 0 {
      if let result = mysql_use_result(handle) {
        while mysql_fetch_row(result) != nil {}
        mysql_free_result(result)
      }
      guard mysql_errno(handle) == 0 else { break }
      status = mysql_next_result(handle)
      if status == -1 { return }
      statementNumber += 1
    }
    let failure = StatementFailure(connection: handle)
    throw self.failure(
      StatementFailure(
        code: failure.code, sqlState: failure.sqlState,
        message: statementNumber == 1
          ? failure.message : "statement \(statementNumber) of the script: \(failure.message)"),
      sql)
  }

  /// Asks the server whether it is there.
  func ping() throws {
    let handle = try openHandle(nil)
    guard mysql_ping(handle) == 0 else {
      throw failure(StatementFailure(connection: handle), "ping")
    }
  }
}
