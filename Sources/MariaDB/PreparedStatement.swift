import CMariaDB

/// A statement the server has parsed, with its buffers for parameters and columns, which are made
/// once and used for every execution. Used on its connection's queue only.
final class PreparedStatement {
  let handle: UnsafeMutablePointer<MYSQL_STMT>
  private let parameters: ParameterBuffers
  private var columns: ColumnBuffers?

  init(connection: UnsafeMutablePointer<MYSQL>, sql: String) throws(StatementFailure) {
    guard let handle = mysql_stmt_init(connection) else {
      throw StatementFailure(connection: connection)
    }
    guard mysql_stmt_prepare(handle, sql, UInt(sql.utf8.count)) == 0 else {
      let failure = StatementFailure(statement: handle)
      mysql_stmt_close(handle)
      throw failure
    }
    self.handle = handle
    parameters = ParameterBuffers(count: Int(mysql_stmt_param_count(handle)))
  }

  deinit {
    mysql_stmt_close(handle)
  }

  /// Sends the parameters and waits for the beginning of the answer.
  ///
  /// Afterwards `readToTheEnd` or `abandon` has to be called before the next one.
  func execute(_ values: [Value]) throws(StatementFailure) {
    guard values.count == parameters.count else {
      throw StatementFailure(
        code: 2031, sqlState: "HY000",
        message: "\(values.count) parameters given, \(parameters.count) wanted")
    }
    if parameters.fill(with: values), mysql_stmt_bind_param(handle, parameters.binds) != 0 {
      throw StatementFailure(statement: handle)
    }
    guard mysql_stmt_execute(handle) == 0 else {
      throw StatementFailure(statement: handle)
    }
    try bindColumns()
  }

  /// Makes the buffers for the result's columns, unless those at hand fit: a table may be altered
  /// between two executions.
  private func bindColumns() throws(StatementFailure) {
    let count = Int(mysql_stmt_field_count(handle))
    guard count > 0, let fields = mariadb_stmt_fetch_fields(handle) else {
      columns = nil
      return
    }
    let described = UnsafeBufferPointer(start: fields, count: count)
    if let columns, columns.fit(described) { return }
    let fresh = ColumnBuffers(described)
    guard mysql_stmt_bind_result(handle, fresh.binds) == 0 else {
      throw StatementFailure(statement: handle)
    }
    columns = fresh
  }

  /// Reads the next row into the buffers; nil after the last one.
  func fetch() throws(StatementFailure) -> ColumnBuffers? {
    guard let columns else { return nil }
    switch mysql_stmt_fetch(handle) {
    case 0:
      return columns
    case MYSQL_DATA_TRUNCATED:
      try refetch(columns)
      return columns
    case MYSQL_NO_DATA:
      return nil
    default:
      throw StatementFailure(statement: handle)
    }
  }

  /// Makes room for the values that were too long and reads them again.
  private func refetch(_ columns: ColumnBuffers) throws(StatementFailure) {
    var failure: StatementFailure?
    for index in columns.growTruncated() {
      if mysql_stmt_fetch_column(handle, columns.binds + index, UInt32(index), 0) != 0 {
        failure = StatementFailure(statement: handle)
      }
    }
    // In any case: the library must not keep the places of the buffers that gave way.
    if mysql_stmt_bind_result(handle, columns.binds) != 0 {
      failure = StatementFailure(statement: handle)
    }
    if let failure { throw failure }
  }

  /// Reads what is left of the answer, further results of a procedure included. An error may come
  /// as late as that: a statement that is interrupted in the middle of its rows, say.
  func readToTheEnd() throws(StatementFailure) {
    while true {
      while try fetch() != nil {}
      mysql_stmt_free_result(handle)
      guard mysql_stmt_more_results(handle) != 0 else { return }
      // The next result has columns of its own, and so has the next execution.
      columns = nil
      guard mysql_stmt_next_result(handle) == 0 else {
        throw StatementFailure(statement: handle)
      }
      try bindColumns()
    }
  }

  /// Throws away what is left of the answer after an error, so that the connection is free for the
  /// next statement.
  func abandon() {
    mysql_stmt_free_result(handle)
    while mysql_stmt_more_results(handle) != 0, mysql_stmt_next_result(handle) == 0 {
      columns = nil
      mysql_stmt_free_result(handle)
    }
  }
}
