import CMariaDB

/// What may be done on a connection while holding it. Every call blocks until the server answered.
///
/// Lives on its connection's queue only; it is handed to the closures of `Connection`.
public final class Session {
  private let handle: UnsafeMutablePointer<MYSQL>
  private var statements: [String: (statement: PreparedStatement, usedAt: Int)] = [:]
  private var uses = 0
  /// Set by the first error that ends the connection.
  public private(set) var isBroken = false
  /// Statements sent since the connection was opened, transaction control included.
  public private(set) var statementCount = 0

  /// Statements kept prepared; the one unused for longest makes room.
  private static let preparedCapacity = 64

  init(_ settings: ConnectionSettings) throws(DatabaseError) {
    guard let handle = mysql_init(nil) else {
      throw DatabaseError(code: 2008, message: "out of memory for a connection")
    }
    self.handle = handle
    do {
      try Self.connect(handle, settings)
    } catch {
      mysql_close(handle)
      throw error
    }
  }

  deinit {
    statements = [:]
    mysql_close(handle)
  }

  /// Prepares (once) and executes; rows of the result, if any, are read and dropped.
  /// - Returns: rows changed.
  @discardableResult
  public func execute(_ sql: String, _ values: [Value] = []) throws -> Int {
    try watched {
      let statement = try prepared(sql)
      try statement.execute(values)
      try statement.forEachRow { _ in }
      return statement.affectedRows
    }
  }

  /// Prepares (once), executes, and hands over each row. No allocation for each row.
  public func query(
    _ sql: String, _ values: [Value] = [], each body: (RowView) throws -> Void
  ) throws {
    try watched {
      let statement = try prepared(sql)
      try statement.execute(values)
      try statement.forEachRow(body)
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

  /// Sends one statement as text: for what cannot be prepared, such as triggers and transactions.
  public func executeText(_ sql: String) throws(DatabaseError) {
    statementCount += 1
    guard mysql_real_query(handle, sql, UInt(sql.utf8.count)) == 0 else { throw fault(sql) }
    if let result = mysql_store_result(handle) { mysql_free_result(result) }
  }

  /// BEGIN, the body, COMMIT; ROLLBACK when the body throws. A lost reply to COMMIT is thrown as
  /// an error of kind `unknown`.
  public func transaction<Result>(_ body: (Session) throws -> Result) throws -> Result {
    try executeText("START TRANSACTION")
    let result: Result
    do {
      result = try body(self)
    } catch {
      if !isBroken {
        // When even ROLLBACK fails, the connection is broken and the server rolls back by itself.
        do { try executeText("ROLLBACK") } catch { isBroken = true }
      }
      throw error
    }
    try executeText("COMMIT")
    return result
  }

  /// The server's answer to a ping, without a statement.
  public func ping() throws(DatabaseError) {
    guard mysql_ping(handle) == 0 else { throw fault("ping") }
  }

  private func prepared(_ sql: String) throws(DatabaseError) -> PreparedStatement {
    uses += 1
    statementCount += 1
    if let known = statements[sql]?.statement {
      statements[sql]?.usedAt = uses
      return known
    }
    if statements.count >= Self.preparedCapacity,
      let oldest = statements.min(by: { $0.value.usedAt < $1.value.usedAt })?.key
    {
      statements[oldest] = nil
    }
    let statement = try PreparedStatement(sql, on: handle)
    statements[sql] = (statement, uses)
    return statement
  }

  private func watched<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as DatabaseError {
      if error.endsConnection { isBroken = true }
      throw error
    }
  }

  private func fault(_ sql: String) -> DatabaseError {
    let error = DatabaseError(
      code: Int(mysql_errno(handle)), message: String(cString: mysql_error(handle)), statement: sql)
    if error.endsConnection { isBroken = true }
    return error
  }
}
