import CMariaDB

/// A statement the server has parsed, with its buffers, for one connection.
final class PreparedStatement {
  private let handle: UnsafeMutablePointer<MYSQL_STMT>
  private let text: String
  private var parameters: ParameterBuffer
  private let results: ResultBuffer?

  init(_ text: String, on connection: UnsafeMutablePointer<MYSQL>) throws(DatabaseError) {
    guard let handle = mysql_stmt_init(connection) else {
      throw DatabaseError(code: 0, message: "out of memory", statement: text)
    }
    guard mysql_stmt_prepare(handle, text, UInt(text.utf8.count)) == 0 else {
      defer { mysql_stmt_close(handle) }
      throw DatabaseError(of: handle, statement: text)
    }
    self.handle = handle
    self.text = text
    self.parameters = ParameterBuffer(count: Int(mysql_stmt_param_count(handle)))
    if let metadata = mysql_stmt_result_metadata(handle) {
      defer { mysql_free_result(metadata) }
      self.results = ResultBuffer(metadata: metadata)
    } else {
      self.results = nil
    }
  }

  deinit { mysql_stmt_close(handle) }

  /// Sends the statement; its rows are then to be fetched by `forEachRow`.
  func execute(_ values: [Value]) throws(DatabaseError) {
    guard parameters.count == values.count else {
      throw DatabaseError(
        code: 0, message: "\(values.count) values for \(parameters.count) parameters",
        statement: text)
    }
    parameters.fill(values)
    let failed = parameters.withBindings { mysql_stmt_bind_param(handle, $0) != 0 }
    if failed || mysql_stmt_execute(handle) != 0 { throw fault() }
  }

  /// Rows changed by the last execution.
  var affectedRows: Int { Int(truncatingIfNeeded: mysql_stmt_affected_rows(handle)) }

  /// Fetches all rows. The view is valid inside `body` only.
  func forEachRow(_ body: (RowView) throws -> Void) throws {
    guard let results else { return }
    defer { mysql_stmt_free_result(handle) }
    guard mysql_stmt_bind_result(handle, results.bindings) == 0 else { throw fault() }
    while true {
      switch mysql_stmt_fetch(handle) {
      case 0: break
      case MYSQL_NO_DATA: return
      case MYSQL_DATA_TRUNCATED:
        if try results.grow(for: handle, statement: text) { try rebind(results) }
      default: throw fault()
      }
      try body(RowView(results: results, statement: text))
    }
  }

  private func rebind(_ results: ResultBuffer) throws(DatabaseError) {
    guard mysql_stmt_bind_result(handle, results.bindings) == 0 else { throw fault() }
  }

  private func fault() -> DatabaseError { DatabaseError(of: handle, statement: text) }
}

extension DatabaseError {
  init(of handle: UnsafeMutablePointer<MYSQL_STMT>, statement: String) {
    self.init(
      code: Int(mysql_stmt_errno(handle)), message: String(cString: mysql_stmt_error(handle)),
      statement: statement)
  }
}
