/// A line and a column of a text, both counted from 1. Columns are characters as people see them.
package struct Place: Hashable {
  package let line: Int
  package let column: Int
}

/// The bytes of a text that is valid UTF-8 up to every offset asked about.
package struct SourceText {
  let bytes: [UInt8]

  package init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The places of all `offsets` in one pass over the text, however many faults there are.
  package func places(of offsets: [Int]) -> [Int: Place] {
    var places: [Int: Place] = [:]
    var line = 1
    var column = 1
    // A byte order mark is no character of the first line.
    var reached = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for offset in offsets.sorted() {
      let end = max(reached, min(offset, bytes.count))
      var lineStart = reached
      for index in reached..<end where bytes[index] == UInt8(ascii: "\n") {
        line += 1
        column = 1
        lineStart = index + 1
      }
      column += String(decoding: bytes[lineStart..<end], as: UTF8.self).count
      reached = end
      places[offset] = Place(line: line, column: column)
    }
    return places
  }
}
