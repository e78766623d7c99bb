/// One row of a result while it is in the connection's buffers. It cannot be kept.
public struct RowView: ~Copyable {
  private let columns: ColumnBuffers

  init(_ columns: ColumnBuffers) {
    self.columns = columns
  }

  /// The number of columns.
  public var count: Int { columns.count }

  /// Whether the column, counted from 0, is NULL.
  public func isNull(_ index: Int) throws -> Bool {
    try check(index)
    return columns.isNull(index)
  }

  /// An integer column.
  public func integer(_ index: Int) throws -> Int64 {
    try check(index)
    guard !columns.isNull(index) else { throw mismatch(index, Int64.columnTypeName) }
    switch columns.kind(index) {
    case .integer:
      return Int64(bitPattern: columns.number(index))
    case .unsigned:
      guard let number = Int64(exactly: columns.number(index)) else {
        throw mismatch(index, Int64.columnTypeName)
      }
      return number
    default:
      throw mismatch(index, Int64.columnTypeName)
    }
  }

  /// A text column.
  public func text(_ index: Int) throws -> String {
    try withUTF8(index) { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of a text column, without a copy.
  public func withUTF8<T>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> T) throws -> T {
    try check(index)
    guard !columns.isNull(index), columns.kind(index) == .text else {
      throw mismatch(index, String.columnTypeName)
    }
    return try body(columns.bytes(index))
  }

  /// A DATETIME, TIMESTAMP or DATE column; nil for NULL.
  public func optionalDateTime(_ index: Int) throws -> DateTime? {
    try check(index)
    guard !columns.isNull(index) else { return nil }
    guard columns.kind(index) == .dateTime else { throw mismatch(index, DateTime.columnTypeName) }
    return columns.dateTime(index)
  }

  /// Any column, copied.
  public func value(_ index: Int) throws -> Value {
    try check(index)
    return columns.value(index)
  }

  private func check(_ index: Int) throws {
    guard index >= 0, index < columns.count else {
      throw DatabaseError(
        kind: .never, message: "there is no column \(index): the result has \(columns.count)")
    }
  }

  private func mismatch(_ index: Int, _ wanted: String) -> DatabaseError {
    MariaDB.mismatch(columns.names.names[index], wanted: wanted, found: columns.value(index))
  }
}
