import CMariaDB

/// The memory that a result's columns are read into, one row at a time.
final class ColumnBuffers {
  /// What a column is read as.
  enum Kind {
    case integer
    case unsigned
    case double
    case dateTime
    /// Characters and bytes.
    case text
  }

  /// What of a column's description decides how it is read.
  private struct Column {
    let type: enum_field_types
    let isUnsigned: Bool
    let kind: Kind

    init(_ field: MYSQL_FIELD) {
      type = field.type
      isUnsigned = Self.isUnsigned(field)
      kind = Self.kind(of: field.type, isUnsigned: isUnsigned)
    }

    func matches(_ field: MYSQL_FIELD) -> Bool {
      type == field.type && isUnsigned == Self.isUnsigned(field)
    }

    private static func isUnsigned(_ field: MYSQL_FIELD) -> Bool {
      field.flags & UInt32(UNSIGNED_FLAG) != 0
    }

    private static func kind(of type: enum_field_types, isUnsigned: Bool) -> Kind {
      switch type {
      case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG,
        MYSQL_TYPE_LONGLONG, MYSQL_TYPE_YEAR:
        return isUnsigned ? .unsigned : .integer
      case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE:
        return .double
      case MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_DATE:
        return .dateTime
      default:
        return .text
      }
    }
  }

  let count: Int
  let names: [String]
  let binds: UnsafeMutablePointer<MYSQL_BIND>
  private let columns: [Column]
  private let lengths: UnsafeMutablePointer<UInt>
  private let nulls: UnsafeMutablePointer<my_bool>
  private let errors: UnsafeMutablePointer<my_bool>

  init(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) {
    count = fields.count
    columns = fields.map(Column.init)
    names = fields.map { field in
      String(
        decoding: UnsafeRawBufferPointer(start: field.name, count: Int(field.name_length)),
        as: UTF8.self)
    }
    binds = .allocate(capacity: count)
    binds.initialize(repeating: MYSQL_BIND(), count: count)
    lengths = .allocate(capacity: count)
    lengths.initialize(repeating: 0, count: count)
    nulls = .allocate(capacity: count)
    nulls.initialize(repeating: 0, count: count)
    errors = .allocate(capacity: count)
    errors.initialize(repeating: 0, count: count)
    for index in 0..<count { prepare(index, fields[index]) }
  }

  deinit {
    for index in 0..<count { binds[index].buffer?.deallocate() }
    binds.deallocate()
    lengths.deallocate()
    nulls.deallocate()
    errors.deallocate()
  }

  private func prepare(_ index: Int, _ field: MYSQL_FIELD) {
    binds[index].length = lengths + index
    binds[index].is_null = nulls + index
    binds[index].error = errors + index
    let size: Int
    switch columns[index].kind {
    case .integer, .unsigned:
      binds[index].buffer_type = MYSQL_TYPE_LONGLONG
      binds[index].is_unsigned = columns[index].kind == .unsigned ? 1 : 0
      size = 8
    case .double:
      binds[index].buffer_type = MYSQL_TYPE_DOUBLE
      size = 8
    case .dateTime:
      binds[index].buffer_type = MYSQL_TYPE_DATETIME
      size = MemoryLayout<MYSQL_TIME>.size
    case .text:
      binds[index].buffer_type = MYSQL_TYPE_STRING
      // Long columns get more room when a long value comes.
      size = min(max(Int(field.length), 32), 1024)
    }
    setBuffer(index, size: size)
  }

  private func setBuffer(_ index: Int, size: Int) {
    binds[index].buffer = .allocate(byteCount: size, alignment: 16)
    binds[index].buffer_length = UInt(size)
  }

  /// Whether the buffers are right for columns of this description.
  func fit(_ fields: UnsafeBufferPointer<MYSQL_FIELD>) -> Bool {
    guard fields.count == count else { return false }
    return fields.indices.allSatisfy { columns[$0].matches(fields[$0]) }
  }

  /// Makes room for values that did not fit.
  /// - Returns: the columns to be read again.
  func growTruncated() -> [Int] {
    (0..<count).filter { index in
      guard binds[index].buffer_type == MYSQL_TYPE_STRING, nulls[index] == 0,
        lengths[index] > binds[index].buffer_length
      else { return false }
      binds[index].buffer?.deallocate()
      setBuffer(index, size: Int(lengths[index]).nextPowerOfTwo)
      return true
    }
  }
}

extension ColumnBuffers {
  func isNull(_ index: Int) -> Bool { nulls[index] != 0 }

  func kind(_ index: Int) -> Kind { columns[index].kind }

  /// The bytes of a text or byte column.
  func bytes(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: binds[index].buffer, count: Int(lengths[index]))
  }

  /// The 64 bits of a number.
  func bits(_ index: Int) -> UInt64 {
    binds[index].buffer?.load(as: UInt64.self) ?? 0
  }

  func dateTime(_ index: Int) -> RowView.DateTime {
    let time = binds[index].buffer?.load(as: MYSQL_TIME.self) ?? MYSQL_TIME()
    return RowView.DateTime(
      year: Int(time.year), month: Int(time.month), day: Int(time.day), hour: Int(time.hour),
      minute: Int(time.minute), second: Int(time.second), microsecond: Int(time.second_part))
  }

  /// What a column holds, for errors.
  func describe(_ index: Int) -> String {
    switch columns[index].type {
    case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL: return "DECIMAL (given as text: CAST it)"
    case MYSQL_TYPE_TIME: return "TIME (given as text)"
    default: break
    }
    switch columns[index].kind {
    case .integer: return "an integer"
    case .unsigned: return "an unsigned integer"
    case .double: return "a floating-point number"
    case .dateTime: return "a date and time"
    case .text: return "text or bytes"
    }
  }
}

extension Int {
  /// The smallest power of two that is not below the number, for a number above 0.
  fileprivate var nextPowerOfTwo: Int {
    1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
