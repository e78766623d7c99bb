import MariaDB
import Points

/// Reads the rows of one INSERT statement of a backup: a table of the ledger, a list of columns and
/// rows of literals, as mariadb-dump writes them. Anything else is an error.
///
/// Rows come out as values, so that no text of a file is sent as SQL. Pure; one pass over the bytes.
struct RowScanner {
  /// Where a row goes.
  struct Target: Hashable {
    let table: String
    let columns: [String]
  }

  /// The bytes are no such statement.
  struct SyntaxError: Error, Hashable, CustomStringConvertible {
    /// In bytes from the statement's beginning.
    let offset: Int
    let reason: String

    var description: String { "byte \(offset) of a statement: \(reason)" }
  }

  let target: Target
  private let bytes: [UInt8]
  private var offset = 0
  private var isFirstRow = true

  /// Reads the statement's head, up to `VALUES`.
  init(_ statement: [UInt8]) throws(SyntaxError) {
    bytes = statement
    var cursor = Cursor(bytes: statement)
    try cursor.word("INSERT")
    try cursor.word("INTO")
    let table = try cursor.name()
    guard LedgerTables.exchanged.contains(table) else {
      throw cursor.error("\(table) is no table of the ledger")
    }
    try cursor.symbol("(")
    var columns: [String] = []
    repeat { columns.append(try cursor.name()) } while cursor.takes(",")
    try cursor.symbol(")")
    guard Set(columns).count == columns.count else {
      throw cursor.error("a column stands twice in the list")
    }
    try cursor.word("VALUES")
    target = Target(table: table, columns: columns)
    offset = cursor.offset
  }

  /// The next row, as many values as columns; nil behind the last one.
  mutating func next() throws(SyntaxError) -> [Value]? {
    var cursor = Cursor(bytes: bytes, offset: offset)
    if !isFirstRow {
      guard cursor.takes(",") else {
        _ = cursor.takes(";")
        guard cursor.isAtEnd else { throw cursor.error("something follows the rows") }
        return nil
      }
    }
    isFirstRow = false
    try cursor.symbol("(")
    var row: [Value] = []
    row.reserveCapacity(target.columns.count)
    repeat { row.append(try cursor.literal()) } while cursor.takes(",")
    try cursor.symbol(")")
    guard row.count == target.columns.count else {
      throw cursor.error("\(row.count) values for \(target.columns.count) columns")
    }
    offset = cursor.offset
    return row
  }
}

/// A place in the bytes of a statement.
private struct Cursor {
  let bytes: [UInt8]
  var offset = 0

  func error(_ reason: String) -> RowScanner.SyntaxError {
    RowScanner.SyntaxError(offset: offset, reason: reason)
  }

  var isAtEnd: Bool {
    mutating get {
      skipBlanks()
      return offset == bytes.count
    }
  }

  private var present: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipBlanks() {
    while let byte = present, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { offset += 1 }
  }

  /// Whether the symbol is next; it is passed over then.
  mutating func takes(_ symbol: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard present == UInt8(ascii: symbol) else { return false }
    offset += 1
    return true
  }

  mutating func symbol(_ symbol: Unicode.Scalar) throws(RowScanner.SyntaxError) {
    guard takes(symbol) else { throw error("\(symbol) is missing") }
  }

  /// A keyword, in capital letters as mariadb-dump writes it, ended by a blank or a symbol.
  mutating func word(_ word: StaticString) throws(RowScanner.SyntaxError) {
    skipBlanks()
    let isNext = word.withUTF8Buffer { bytes.dropFirst(offset).starts(with: $0) }
    guard isNext else { throw error("\(word) is missing") }
    offset += word.utf8CodeUnitCount
  }

  /// A name in backquotes; a doubled backquote is one of the name.
  mutating func name() throws(RowScanner.SyntaxError) -> String {
    try symbol("`")
    return String(decoding: try quoted(by: UInt8(ascii: "`"), escapes: false), as: UTF8.self)
  }

  /// NULL, a number, text, or bytes.
  mutating func literal() throws(RowScanner.SyntaxError) -> Value {
    skipBlanks()
    switch present {
    case UInt8(ascii: "'"):
      offset += 1
      return .textOrBytes(try quoted(by: UInt8(ascii: "'"), escapes: true))
    case UInt8(ascii: "N"):
      try word("NULL")
      return .null
    case UInt8(ascii: "_"):
      try word("_binary")
      try symbol("'")
      return .bytes(try quoted(by: UInt8(ascii: "'"), escapes: true))
    case UInt8(ascii: "0") where bytes.dropFirst(offset + 1).first == UInt8(ascii: "x"):
      offset += 2
      return .bytes(try hexadecimal())
    default: return try number()
    }
  }

  /// What stands behind an opening quote, up to the closing one, which is passed over.
  private mutating func quoted(
    by quote: UInt8, escapes: Bool
  ) throws(RowScanner.SyntaxError) -> [UInt8] {
    var content: [UInt8] = []
    while let byte = present {
      offset += 1
      if byte == quote {
        guard present == quote else { return content }
        offset += 1
        content.append(quote)
      } else if escapes, byte == UInt8(ascii: "\\") {
        guard let escaped = present else { break }
        offset += 1
        content.append(Self.meaning(of: escaped))
      } else {
        content.append(byte)
      }
    }
    throw error("the end of a quoted text is missing")
  }

  /// What a letter behind a backslash stands for in MariaDB's strings.
  private static func meaning(of escaped: UInt8) -> UInt8 {
    switch escaped {
    case UInt8(ascii: "0"): 0x00
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "Z"): 0x1A
    default: escaped
    }
  }

  private mutating func hexadecimal() throws(RowScanner.SyntaxError) -> [UInt8] {
    var digits: [UInt8] = []
    while let byte = present, let digit = Character(Unicode.Scalar(byte)).hexDigitValue {
      digits.append(UInt8(digit))
      offset += 1
    }
    guard !digits.isEmpty, digits.count.isMultiple(of: 2) else {
      throw error("an odd number of hexadecimal digits")
    }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// A whole number, a decimal or a floating-point number.
  private mutating func number() throws(RowScanner.SyntaxError) -> Value {
    let start = offset
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    if present == UInt8(ascii: "-") { offset += 1 }
    guard isDigit(present) else { throw error("no literal") }
    while let byte = present,
      isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e")
        || byte == UInt8(ascii: "E")
        || ((byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+"))
          && (bytes[offset - 1] | 0x20) == UInt8(ascii: "e"))
    { offset += 1 }
    // MariaDB makes a number of the text, or refuses it in strict mode.
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard Double(text) != nil else {
      offset = start
      throw error("\(text) is no number")
    }
    return Int64(text).map { .integer($0) } ?? .text(text)
  }
}

extension Value {
  /// Text where the bytes are UTF-8, else bytes.
  fileprivate static func textOrBytes(_ bytes: [UInt8]) -> Value {
    String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .bytes(bytes)
  }
}
