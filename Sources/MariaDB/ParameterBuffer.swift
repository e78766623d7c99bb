import CMariaDB

/// The memory a prepared statement's parameters are sent from, kept from one execution to the next.
struct ParameterBuffer: ~Copyable {
  let count: Int
  private let bindings: UnsafeMutablePointer<MYSQL_BIND>
  private let integers: UnsafeMutablePointer<Int64>
  private let lengths: UnsafeMutablePointer<UInt>
  private var text: UnsafeMutableRawBufferPointer

  init(count: Int) {
    self.count = count
    self.bindings = .allocate(capacity: max(count, 1))
    self.bindings.initialize(repeating: MYSQL_BIND(), count: max(count, 1))
    self.integers = .allocate(capacity: max(count, 1))
    self.integers.initialize(repeating: 0, count: max(count, 1))
    self.lengths = .allocate(capacity: max(count, 1))
    self.lengths.initialize(repeating: 0, count: max(count, 1))
    self.text = .allocate(byteCount: 256, alignment: 1)
  }

  deinit {
    bindings.deallocate()
    integers.deallocate()
    lengths.deallocate()
    text.deallocate()
  }

  func withBindings<Result>(_ body: (UnsafeMutablePointer<MYSQL_BIND>) -> Result) -> Result {
    body(bindings)
  }

  /// Copies the values to where the bindings point.
  mutating func fill(_ values: [Value]) {
    reserveText(for: values)
    var used = 0
    for (index, value) in values.enumerated() {
      var binding = MYSQL_BIND()
      switch value {
      case .null:
        binding.buffer_type = MYSQL_TYPE_NULL
      case .integer(let number):
        integers[index] = number
        binding.buffer_type = MYSQL_TYPE_LONGLONG
        binding.buffer = UnsafeMutableRawPointer(integers + index)
      case .text(let string):
        let start = used
        used += copy(string, at: start)
        lengths[index] = UInt(used - start)
        binding.buffer_type = MYSQL_TYPE_STRING
        binding.buffer = text.baseAddress.map { $0 + start }
        binding.buffer_length = lengths[index]
        binding.length = lengths + index
      }
      bindings[index] = binding
    }
  }

  private mutating func reserveText(for values: [Value]) {
    let needed = values.reduce(0) { sum, value in
      if case .text(let string) = value { sum + string.utf8.count } else { sum }
    }
    guard needed > text.count else { return }
    text.deallocate()
    text = .allocate(byteCount: needed * 2, alignment: 1)
  }

  private func copy(_ string: String, at offset: Int) -> Int {
    var string = string
    return string.withUTF8 { bytes in
      UnsafeMutableRawBufferPointer(rebasing: text[offset...]).copyMemory(
        from: UnsafeRawBufferPointer(bytes))
      return bytes.count
    }
  }
}
