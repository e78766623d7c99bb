import CMariaDB

/// An error as the client library reports it.
struct StatementFailure: Error {
  let code: Int
  let sqlState: String
  let message: String

  init(code: Int, sqlState: String, message: String) {
    self.code = code
    self.sqlState = sqlState
    self.message = message
  }

  init(connection: UnsafeMutablePointer<MYSQL>) {
    code = Int(mysql_errno(connection))
    sqlState = String(cString: mysql_sqlstate(connection))
    message = String(cString: mysql_error(connection))
  }

  init(statement: UnsafeMutablePointer<MYSQL_STMT>) {
    // What goes wrong while rows come in, the library notes at the connection only.
    if mysql_stmt_errno(statement) == 0, let connection = statement.pointee.mysql {
      self.init(connection: connection)
      return
    }
    self.init(
      code: Int(mysql_stmt_errno(statement)),
      sqlState: String(cString: mysql_stmt_sqlstate(statement)),
      message: String(cString: mysql_stmt_error(statement)))
  }
}
