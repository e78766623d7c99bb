import CMariaDB

extension Session {
  /// Sends one or more statements, divided by `;`, by the text protocol: for migrations.
  ///
  /// The server divides the script, so that triggers and procedures need no DELIMITER.
  public func executeScript(_ script: String) throws(DatabaseError) {
    let handle = try openHandle(script)
    guard mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_ON) == 0 else {
      throw failure(StatementFailure(connection: handle), script)
    }
    do throws(DatabaseError) {
      try executeText(script)
    } catch {
      if !isBroken { mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) }
      throw error
    }
    guard mysql_set_server_option(handle, MYSQL_OPTION_MULTI_STATEMENTS_OFF) == 0 else {
      throw failure(StatementFailure(connection: handle), script)
    }
  }

  /// Sends one statement by the text protocol: for what cannot be prepared, such as triggers and
  /// SET. Results are thrown away. Never put values of users into the text.
  public func executeText(_ sql: String) throws(DatabaseError) {
    let handle = try openHandle(sql)
    statementCount += 1
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
  public func ping() throws(DatabaseError) {
    let handle = try openHandle(nil)
    guard mysql_ping(handle) == 0 else {
      throw failure(StatementFailure(connection: handle), "ping")
    }
  }
}
