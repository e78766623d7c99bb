import CMariaDB

/// The memory that a statement's parameters are sent from.
final class ParameterBuffers {
  let count: Int
  let binds: UnsafeMutablePointer<MYSQL_BIND>
  private let numbers: UnsafeMutablePointer<UInt64>
  private let lengths: UnsafeMutablePointer<UInt>
  private let nulls: UnsafeMutablePointer<my_bool>
  private var texts: [UnsafeMutableRawBufferPointer]
  private var isBound = false

  init(count: Int) {
    self.count = count
    binds = .allocate(capacity: count)
    binds.initialize(repeating: MYSQL_BIND(), count: count)
    numbers = .allocate(capacity: count)
    numbers.initialize(repeating: 0, count: count)
    lengths = .allocate(capacity: count)
    lengths.initialize(repeating: 0, count: count)
    nulls = .allocate(capacity: count)
    nulls.initialize(repeating: 1, count: count)
    texts = Array(repeating: UnsafeMutableRawBufferPointer(start: nil, count: 0), count: count)
    for index in 0..<count {
      binds[index].buffer_type = MYSQL_TYPE_NULL
      binds[index].length = lengths + index
      binds[index].is_null = nulls + index
    }
  }

  deinit {
    binds.deallocate()
    numbers.deallocate()
    lengths.deallocate()
    nulls.deallocate()
    for text in texts { text.deallocate() }
  }

  /// Puts the values into the buffers.
  /// - Returns: true when they have to be bound again, as a type or a buffer is another one.
  func fill(with values: [Value]) -> Bool {
    var changed = !isBound
    isBound = true
    for (index, value) in values.enumerated() {
      if fill(index, with: value) { changed = true }
    }
    return changed && count > 0
  }

  private func fill(_ index: Int, with value: Value) -> Bool {
    nulls[index] = 0
    switch value {
    case .null:
      nulls[index] = 1
      return false
    case .integer(let number):
      numbers[index] = UInt64(bitPattern: number)
      return use(MYSQL_TYPE_LONGLONG, unsigned: false, at: index)
    case .unsigned(let number):
      numbers[index] = number
      return use(MYSQL_TYPE_LONGLONG, unsigned: true, at: index)
    case .double(let number):
      numbers[index] = number.bitPattern
      return use(MYSQL_TYPE_DOUBLE, unsigned: false, at: index)
    case .text(var text):
      return text.withUTF8 { put(UnsafeRawBufferPointer($0), MYSQL_TYPE_STRING, at: index) }
    case .bytes(let bytes):
      return bytes.withUnsafeBytes { put($0, MYSQL_TYPE_BLOB, at: index) }
    }
  }

  /// The parameter is a number.
  private func use(_ type: enum_field_types, unsigned: Bool, at index: Int) -> Bool {
    let isUnsigned: my_bool = unsigned ? 1 : 0
    guard binds[index].buffer_type != type || binds[index].is_unsigned != isUnsigned else {
      return false
    }
    binds[index].buffer_type = type
    binds[index].is_unsigned = isUnsigned
    binds[index].buffer = UnsafeMutableRawPointer(numbers + index)
    binds[index].buffer_length = 8
    return true
  }

  /// The parameter is text or bytes.
  private func put(
    _ source: UnsafeRawBufferPointer, _ type: enum_field_types, at index: Int
  ) -> Bool {
    var changed = binds[index].buffer_type != type
    if texts[index].baseAddress == nil || texts[index].count < source.count {
      texts[index].deallocate()
      texts[index] = .allocate(byteCount: max(64, source.count * 2), alignment: 1)
      changed = true
    }
    texts[index].copyMemory(from: source)
    lengths[index] = UInt(source.count)
    guard changed else { return false }
    binds[index].buffer_type = type
    binds[index].is_unsigned = 0
    binds[index].buffer = texts[index].baseAddress
    binds[index].buffer_length = UInt(texts[index].count)
    return true
  }
}
