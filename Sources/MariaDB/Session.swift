import CMariaDB
import Glibc

/// What can be asked of an open connection. It exists only inside the closures that a `Connection`
/// runs on its queue, and every function blocks until the server has answered.
///
/// Every function throws `DatabaseError`. After an error that means the connection is lost, it is
/// closed at once and every further call throws.
public final class Session {
  private(set) var handle: UnsafeMutablePointer<MYSQL>?
  private let link: ConnectionLink
  private var statements = StatementCache(capacity: 64)
  private var isReadingRows = false
  var isInTransaction = false
  /// Statements sent since the connection was opened, transaction control included.
  public internal(set) var statementCount = 0
  var phase = DatabaseError.Phase.statement

  init(link: ConnectionLink) {
    self.link = link
  }

  deinit {
    close()
  }

  /// Whether the connection is lost or closed.
  public var isBroken: Bool { handle == nil }

  /// Prepares (once) and executes; rows of the result, if any, are read and dropped.
  /// - Returns: rows changed, not rows matched.
  @discardableResult
  public func execute(_ sql: String, _ values: [Value] = []) throws -> Int {
    try run(sql, values) { statement in
      // Meaningless, all ones, for a statement with a result.
      Int(exactly: mysql_stmt_affected_rows(statement.handle)) ?? 0
    }
  }

  /// Prepares (once), executes, and hands over each row as it comes in. No allocation for each row.
  /// Inside `body` no other statement can be run on this session.
  public func query(
    _ sql: String, _ values: [Value] = [], each body: (RowView) throws -> Void
  ) throws {
    try run(sql, values) { statement in
      while let columns = try statement.fetch() {
        isReadingRows = true
        defer { isReadingRows = false }
        try body(RowView(columns: columns, statement: sql))
      }
    }
  }

  /// The rows as `row` makes them.
  public func query<Row>(
    _ sql: String, _ values: [Value] = [], row: (RowView) throws -> Row
  ) throws -> [Row] {
    var rows: [Row] = []
    try query(sql, values, each: { rows.append(try row($0)) })
    return rows
  }

  /// Prepares the statement, unless it is, executes it, has `body` read what it wants of the answer
  /// and reads the rest.
  private func run<Result>(
    _ sql: String, _ parameters: [Value], _ body: (PreparedStatement) throws -> Result
  ) throws -> Result {
    let handle = try openHandle(sql)
    statementCount += 1
    do {
      let statement = try prepared(sql, on: handle)
      do {
        try statement.execute(parameters)
        let result = try body(statement)
        try statement.readToTheEnd()
        return result
      } catch {
        statement.abandon()
        throw error
      }
    } catch let error as StatementFailure {
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
    guard let handle else { throw Self.closed(sql) }
    guard !isReadingRows else {
      throw DatabaseError(
        kind: .never, message: "another statement's rows are being read: statements do not nest",
        statement: sql)
    }
    return handle
  }

  /// The error of a statement that could not even be sent.
  static func closed(_ sql: String?) -> DatabaseError {
    DatabaseError(
      code: Int(CR_SERVER_GONE_ERROR), message: "the connection is closed", statement: sql,
      phase: .connecting)
  }

  /// Turns what the library says into an error, and closes a connection that is lost.
  func failure(_ failure: StatementFailure, _ sql: String?) -> DatabaseError {
    let error = DatabaseError(
      code: failure.code, sqlState: failure.sqlState, message: failure.message, statement: sql,
      phase: phase)
    if error.endsConnection { close() }
    return error
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
