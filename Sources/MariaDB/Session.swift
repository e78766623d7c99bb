import CMariaDB
import Glibc

/// What can be asked of an open connection. It exists only inside the closures that a `Connection`
/// runs on its queue, and every function blocks until the server has answered.
///
/// Every function throws `DatabaseError`. After an error that means the connection is lost, it is
/// closed at once and every further call throws.
public final class Session {
  /// What a statement without a result did.
  public struct Outcome: Sendable, Hashable {
    /// Rows changed, not rows matched.
    public let affectedRows: Int
    /// The identifier made by AUTO_INCREMENT, 0 if none.
    public let lastInsertID: UInt64
  }

  private(set) var handle: UnsafeMutablePointer<MYSQL>?
  private let link: ConnectionLink
  private var statements = StatementCache(capacity: 64)
  private var isReadingRows = false
  var phase = DatabaseError.Phase.statement

  init(link: ConnectionLink) {
    self.link = link
  }

  deinit {
    close()
  }

  /// Runs a statement through a prepared statement; a result, if it has one, is thrown away.
  @discardableResult
  public func execute(_ sql: String, _ parameters: [Value] = []) throws -> Outcome {
    let statement = try run(sql, parameters)
    defer { statement.finish() }
    return Outcome(
      affectedRows: Int(clamping: mysql_stmt_affected_rows(statement.handle)),
      lastInsertID: mysql_stmt_insert_id(statement.handle))
  }

  /// Runs a statement through a prepared statement and returns all rows of its result.
  public func query(_ sql: String, _ parameters: [Value] = []) throws -> [Row] {
    let statement = try run(sql, parameters)
    defer { statement.finish() }
    var rows: [Row] = []
    while let columns = try fetch(statement, sql) {
      rows.append(columns.row())
    }
    return rows
  }

  /// Runs a statement through a prepared statement and shows `body` each row of its result, as it
  /// comes in, without keeping it. Inside `body` no other statement can be run on this session.
  public func query(
    _ sql: String, _ parameters: [Value] = [], each body: (borrowing RowView) throws -> Void
  ) throws {
    let statement = try run(sql, parameters)
    isReadingRows = true
    defer {
      isReadingRows = false
      statement.finish()
    }
    while let columns = try fetch(statement, sql) {
      try body(RowView(columns))
    }
  }

  private func fetch(_ statement: PreparedStatement, _ sql: String) throws -> ColumnBuffers? {
    do {
      return try statement.fetch()
    } catch {
      throw failure(error, sql)
    }
  }

  /// Prepares the statement, unless it is, and executes it.
  private func run(
    _ sql: String, _ parameters: [Value]
  ) throws(DatabaseError) -> PreparedStatement {
    let handle = try openHandle(sql)
    do throws(StatementFailure) {
      let statement = try prepared(sql, on: handle)
      try statement.execute(parameters)
      return statement
    } catch {
      if error.code == 1243 || error.code == 1615 {
        statements.remove(sql)
      }
      throw failure(error, sql)
    }
  }

  private func prepared(
    _ sql: String, on handle: UnsafeMutablePointer<MYSQL>
  ) throws(StatementFailure) -> PreparedStatement {
    if let statement = statements.statement(for: sql) { return statement }
    let statement = try PreparedStatement(connection: handle, sql: sql)
    statements.insert(statement, for: sql)
    return statement
  }

  /// The connection's handle, or the error that says it is lost.
  func openHandle(_ sql: String?) throws(DatabaseError) -> UnsafeMutablePointer<MYSQL> {
    guard let handle else {
      throw DatabaseError(
        code: Int(CR_SERVER_GONE_ERROR), sqlState: "HY000", message: "the connection is closed",
        statement: sql, phase: phase)
    }
    guard !isReadingRows else {
      throw DatabaseError(
        kind: .never, message: "another statement's rows are being read: statements do not nest",
        statement: sql)
    }
    return handle
  }

  /// Turns what the library says into an error, and closes a connection that is lost.
  func failure(_ failure: StatementFailure, _ sql: String?) -> DatabaseError {
    if DatabaseError.Kind.connectionLosses.contains(failure.code) {
      close()
    }
    return DatabaseError(
      code: failure.code, sqlState: failure.sqlState, message: failure.message, statement: sql,
      phase: phase)
  }

  /// Closes the connection and frees its statements.
  func close() {
    guard let handle else { return }
    self.handle = nil
    link.closed()
    mysql_close(handle)
    // Afterwards, so that each is freed without a message to a server that may not answer.
    statements.removeAll()
  }

  func opened(_ handle: UnsafeMutablePointer<MYSQL>) -> Bool {
    self.handle = handle
    let descriptor = mysql_get_socket(handle)
    let flags = fcntl(descriptor, F_GETFD)
    guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0 else { return false }
    return link.open(sharing: descriptor)
  }
}

/// An error as the client library tells it.
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
    code = Int(mysql_stmt_errno(statement))
    sqlState = String(cString: mysql_stmt_sqlstate(statement))
    message = String(cString: mysql_stmt_error(statement))
  }
}
