/// Bytes being put together for one send.
struct OutputBuffer {
  private(set) var bytes: UnsafeMutableBufferPointer<UInt8>
  private(set) var count = 0

  init(capacity: Int) { bytes = .allocate(capacity: capacity) }

  /// Puts bytes behind; the last `leavingOut` of them are left out.
  mutating func append(_ new: [UInt8], leavingOut: Int = 0) {
    new.withUnsafeBufferPointer { new in
      let length = new.count - leavingOut
      if count + length > bytes.count { grow(to: count + length) }
      guard let from = new.baseAddress, let to = bytes.baseAddress else { return }
      (to + count).update(from: from, count: length)
      count += length
    }
  }

  mutating func removeAll() { count = 0 }

  func deallocate() { bytes.deallocate() }

  private mutating func grow(to needed: Int) {
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(needed, 2 * bytes.count))
    _ = larger.update(fromContentsOf: UnsafeMutableBufferPointer(rebasing: bytes[..<count]))
    bytes.deallocate()
    bytes = larger
  }
}

/// Bytes that a slow client has not taken yet.
struct Backlog {
  var bytes: [UInt8]
  var sent = 0
}
