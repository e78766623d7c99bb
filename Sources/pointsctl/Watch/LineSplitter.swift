/// Cuts what arrives over a connection into lines.
struct LineSplitter {
  /// No answer is longer than 255 bytes; a server that sends more is no pointsd.
  static let limit = 4096

  private var rest: [UInt8] = []

  struct TooLong: Error {}

  /// The lines that `bytes` complete, without their ends.
  mutating func append(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [String] {
    rest += bytes
    var lines: [String] = []
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
      var line = rest[start..<end]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      lines.append(String(decoding: line, as: UTF8.self))
      start = end + 1
    }
    rest.removeFirst(start)
    guard rest.count <= Self.limit else { throw TooLong() }
    return lines
  }
}
