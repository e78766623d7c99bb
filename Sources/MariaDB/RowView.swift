import CMariaDB

/// One row of a result while it is in the statement's buffers; valid inside the closure that gets it.
public struct RowView {
  let results: ResultBuffer
  let statement: String

  /// A date and time of day as the server sent it, without a time zone (sessions are in UTC).
  public struct DateTime: Sendable, Hashable {
    public let year, month, day, hour, minute, second: Int
  }

  public func integer(_ column: Int) throws -> Int64 {
    guard let value = try optionalInteger(column) else { throw null(column) }
    return value
  }

  public func optionalInteger(_ column: Int) throws -> Int64? {
    try expect(.integer, column)
    return results.isNull(column) ? nil : results.integer(column)
  }

  public func text(_ column: Int) throws -> String {
    guard let value = try optionalText(column) else { throw null(column) }
    return value
  }

  public func optionalText(_ column: Int) throws -> String? {
    try expect(.text, column)
    return results.isNull(column)
      ? nil : String(decoding: results.bytes(column), as: UTF8.self)
  }

  /// The column's bytes without a copy; nil for NULL.
  public func withBytes<Result>(
    _ column: Int, _ body: (UnsafeRawBufferPointer?) throws -> Result
  ) throws -> Result {
    try expect(.text, column)
    return try body(results.isNull(column) ? nil : results.bytes(column))
  }

  public func optionalDateTime(_ column: Int) throws -> DateTime? {
    try expect(.dateTime, column)
    guard !results.isNull(column) else { return nil }
    let time = results.dateTime(column)
    return DateTime(
      year: Int(time.year), month: Int(time.month), day: Int(time.day), hour: Int(time.hour),
      minute: Int(time.minute), second: Int(time.second))
  }

  private func expect(_ shape: ResultBuffer.Shape, _ column: Int) throws(DatabaseError) {
    guard results.shapes.indices.contains(column) else {
      throw DatabaseError(
        code: 0, message: "no column \(column) among \(results.count)", statement: statement)
    }
    guard results.shapes[column] == shape else {
      throw DatabaseError(
        code: 0,
        message: "column \(results.names[column]) is \(results.shapes[column]), not \(shape)",
        statement: statement)
    }
  }

  private func null(_ column: Int) -> DatabaseError {
    DatabaseError(
      code: 0, message: "column \(results.names[column]) is NULL", statement: statement)
  }
}
