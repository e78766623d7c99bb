import CMariaDB

/// The memory a prepared statement's rows arrive in, one row at a time.
final class ResultBuffer {
  /// How a column is read.
  enum Shape: Sendable {
    case integer
    case dateTime
    /// Text, bytes and DECIMAL.
    case text
  }

  let count: Int
  let shapes: [Shape]
  let names: [String]
  let bindings: UnsafeMutablePointer<MYSQL_BIND>
  private let cells: UnsafeMutablePointer<UnsafeMutableRawBufferPointer>
  private let lengths: UnsafeMutablePointer<UInt>
  private let nulls: UnsafeMutablePointer<my_bool>

  /// Longer values make the buffer grow when they first arrive.
  private static let firstTextCapacity = 256

  init(metadata: UnsafeMutablePointer<MYSQL_RES>) {
    let count = Int(mysql_num_fields(metadata))
    let fields = (0..<count).compactMap { mysql_fetch_field_direct(metadata, UInt32($0))?.pointee }
    self.count = count
    self.shapes = fields.map { Shape($0.type) }
    self.names = fields.map { String(cString: $0.name) }
    self.bindings = .allocate(capacity: count)
    self.bindings.initialize(repeating: MYSQL_BIND(), count: count)
    self.cells = .allocate(capacity: count)
    self.lengths = .allocate(capacity: count)
    self.lengths.initialize(repeating: 0, count: count)
    self.nulls = .allocate(capacity: count)
    self.nulls.initialize(repeating: 0, count: count)
    for column in 0..<count {
      let capacity =
        switch shapes[column] {
        case .integer: MemoryLayout<Int64>.size
        case .dateTime: MemoryLayout<MYSQL_TIME>.size
        case .text: Self.firstTextCapacity
        }
      cells[column] = .allocate(byteCount: capacity, alignment: 16)
      bindings[column].is_null = nulls + column
      bindings[column].length = lengths + column
      bindings[column].buffer_type =
        switch shapes[column] {
        case .integer: MYSQL_TYPE_LONGLONG
        case .dateTime: MYSQL_TYPE_DATETIME
        case .text: MYSQL_TYPE_STRING
        }
      point(column)
    }
  }

  deinit {
    for column in 0..<count { cells[column].deallocate() }
    cells.deallocate()
    bindings.deallocate()
    lengths.deallocate()
    nulls.deallocate()
  }

  private func point(_ column: Int) {
    bindings[column].buffer = cells[column].baseAddress
    bindings[column].buffer_length = UInt(cells[column].count)
  }

  /// Makes room for values that did not fit and fetches them again.
  /// - Returns: whether a buffer moved.
  func grow(
    for handle: UnsafeMutablePointer<MYSQL_STMT>, statement: String
  ) throws(DatabaseError) -> Bool {
    var moved = false
    for column in 0..<count where lengths[column] > UInt(cells[column].count) {
      cells[column].deallocate()
      cells[column] = .allocate(byteCount: Int(lengths[column]) * 2, alignment: 16)
      point(column)
      moved = true
      guard mysql_stmt_fetch_column(handle, bindings + column, UInt32(column), 0) == 0 else {
        throw DatabaseError(of: handle, statement: statement)
      }
    }
    return moved
  }

  func isNull(_ column: Int) -> Bool { nulls[column] != 0 }

  func integer(_ column: Int) -> Int64 { cells[column].load(as: Int64.self) }

  func dateTime(_ column: Int) -> MYSQL_TIME { cells[column].load(as: MYSQL_TIME.self) }

  func bytes(_ column: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(cells[column])[..<Int(lengths[column])])
  }
}

extension ResultBuffer.Shape {
  init(_ type: enum_field_types) {
    switch type {
    case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
      MYSQL_TYPE_YEAR:
      self = .integer
    case MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_DATE:
      self = .dateTime
    default:
      self = .text
    }
  }
}
