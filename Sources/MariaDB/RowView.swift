/// One row of a result while it is in the statement's buffers; valid inside the closure that gets
/// it: kept longer, it shows later rows.
///
/// Columns are counted from 0. A value that is not of the type asked for is an error that names the
/// column and what it holds.
public struct RowView {
  let columns: ColumnBuffers
  let statement: String

  /// A date and time of day as the server sent it, without a time zone (sessions are in UTC).
  public struct DateTime: Sendable, Hashable {
    public let year, month, day, hour, minute, second: Int
    /// 0 to 999,999.
    public let microsecond: Int

    init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int) {
      self.year = year
      self.month = month
      self.day = day
      self.hour = hour
      self.minute = minute
      self.second = second
      self.microsecond = microsecond
    }
  }

  /// The number of columns.
  public var count: Int { columns.count }

  public func isNull(_ column: Int) throws -> Bool {
    try check(column)
    return columns.isNull(column)
  }

  /// Any integer type that Int64 can hold.
  public func integer(_ column: Int) throws -> Int64 {
    guard let value = try optionalInteger(column) else { throw null(column) }
    return value
  }

  public func optionalInteger(_ column: Int) throws -> Int64? {
    try check(column)
    switch columns.kind(column) {
    case .integer:
      return columns.isNull(column) ? nil : Int64(bitPattern: columns.bits(column))
    case .unsigned:
      guard !columns.isNull(column) else { return nil }
      guard let number = Int64(exactly: columns.bits(column)) else {
        throw fault("column \(columns.names[column]) is \(columns.bits(column)), beyond 64 bits")
      }
      return number
    default:
      throw mismatch(column, "an integer")
    }
  }

  /// An unsigned integer type; a signed one if it is not negative.
  public func unsigned(_ column: Int) throws -> UInt64 {
    try check(column)
    guard !columns.isNull(column) else { throw null(column) }
    switch columns.kind(column) {
    case .unsigned: return columns.bits(column)
    case .integer:
      guard let number = UInt64(exactly: Int64(bitPattern: columns.bits(column))) else {
        throw fault("column \(columns.names[column]) is negative")
      }
      return number
    default: throw mismatch(column, "an unsigned integer")
    }
  }

  /// FLOAT and DOUBLE.
  public func double(_ column: Int) throws -> Double {
    try check(column)
    guard columns.kind(column) == .double else { throw mismatch(column, "a floating-point number") }
    guard !columns.isNull(column) else { throw null(column) }
    return Double(bitPattern: columns.bits(column))
  }

  /// Character types; DECIMAL and TIME too, as text.
  public func text(_ column: Int) throws -> String {
    guard let value = try optionalText(column) else { throw null(column) }
    return value
  }

  public func optionalText(_ column: Int) throws -> String? {
    try withBytes(column) { bytes in bytes.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The bytes of a character or byte column without a copy; nil for NULL.
  public func withBytes<Result>(
    _ column: Int, _ body: (UnsafeRawBufferPointer?) throws -> Result
  ) throws -> Result {
    try check(column)
    guard columns.kind(column) == .text else { throw mismatch(column, "text") }
    return try body(columns.isNull(column) ? nil : columns.bytes(column))
  }

  /// DATETIME, TIMESTAMP and DATE; nil for NULL.
  public func optionalDateTime(_ column: Int) throws -> DateTime? {
    try check(column)
    guard columns.kind(column) == .dateTime else { throw mismatch(column, "a date and time") }
    return columns.isNull(column) ? nil : columns.dateTime(column)
  }

  private func check(_ column: Int) throws(DatabaseError) {
    guard column >= 0, column < columns.count else {
      throw fault("no column \(column) among \(columns.count)")
    }
  }

  private func mismatch(_ column: Int, _ wanted: String) -> DatabaseError {
    fault("column \(columns.names[column]) is \(columns.describe(column)), not \(wanted)")
  }

  private func null(_ column: Int) -> DatabaseError {
    fault("column \(columns.names[column]) is NULL")
  }

  private func fault(_ message: String) -> DatabaseError {
    DatabaseError(kind: .never, message: message, statement: statement)
  }
}
