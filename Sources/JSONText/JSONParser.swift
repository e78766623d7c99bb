/// Reads one JSON text (RFC 8259) into a tree that remembers places.
///
/// Stricter than some readers: no comments, no trailing commas, no bytes after the value, at most
/// `depthLimit` levels. A byte order mark before the text is skipped, since some editors write one.
/// Duplicate keys are kept, for the reader of the tree to report.
package struct JSONParser {
  /// Deeper nesting than this is refused, so that no file exhausts the stack.
  package static let depthLimit = 64

  let bytes: [UInt8]
  var position = 0
  private var depth = 0

  /// Why the text is not JSON, and where.
  package struct SyntaxFault: Error {
    package let offset: Int
    package let message: String
  }

  private init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// - Parameter bytes: any bytes; invalid UTF-8 is a fault.
  package static func parse(_ bytes: [UInt8]) throws(SyntaxFault) -> JSONNode {
    if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
      throw SyntaxFault(offset: 0, message: "the file is UTF-16; save it as UTF-8")
    }
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      let byte = String(bytes[error.byteOffsets.lowerBound], radix: 16, uppercase: true)
      throw SyntaxFault(
        offset: error.byteOffsets.lowerBound,
        message: "the byte 0x\(byte) is not UTF-8; save the file as UTF-8")
    }
    var parser = JSONParser(bytes: bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
    let node = try parser.parseValue(expecting: "a value")
    parser.skipBlanks()
    guard parser.position == bytes.count else {
      throw parser.fault("unexpected \(parser.next) after the end of the JSON value")
    }
    return node
  }

  mutating func parseValue(
    expecting expected: @autoclosure () -> String
  ) throws(SyntaxFault) -> JSONNode {
    skipBlanks()
    let offset = position
    guard let byte = current else { throw fault("the file ends where \(expected()) is expected") }
    let value: JSONValue
    switch byte {
    case UInt8(ascii: "{"):
      value = .object(try nested { parser throws(SyntaxFault) in try parser.parseMembers() })
    case UInt8(ascii: "["):
      value = .array(try nested { parser throws(SyntaxFault) in try parser.parseElements() })
    case UInt8(ascii: "\""): value = .string(try parseString())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      value = .number(try parseNumber())
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      value = try parseWord()
    default: throw unexpected(expecting: expected())
    }
    return JSONNode(offset: offset, value: value)
  }

  private mutating func nested<Result>(
    _ parse: (inout JSONParser) throws(SyntaxFault) -> Result
  ) throws(SyntaxFault) -> Result {
    guard depth < Self.depthLimit else {
      throw fault("nested deeper than \(Self.depthLimit) levels")
    }
    depth += 1
    let result = try parse(&self)
    depth -= 1
    return result
  }

  private mutating func parseMembers() throws(SyntaxFault) -> [JSONMember] {
    let opened = position
    position += 1
    var members: [JSONMember] = []
    if try closes(with: UInt8(ascii: "}"), opened: opened) { return members }
    while true {
      skipBlanks()
      let keyOffset = position
      guard current == UInt8(ascii: "\"") else {
        throw unexpected(expecting: "a key in double quotes")
      }
      let key = try parseString()
      skipBlanks()
      guard current == UInt8(ascii: ":") else {
        throw unexpected(expecting: "a colon after the key \(quoted(key))")
      }
      position += 1
      let node = try parseValue(expecting: "the value of \(quoted(key))")
      members.append(JSONMember(keyOffset: keyOffset, key: key, node: node))
      if try !continues(closing: UInt8(ascii: "}"), opened: opened) { return members }
    }
  }

  private mutating func parseElements() throws(SyntaxFault) -> [JSONNode] {
    let opened = position
    position += 1
    var elements: [JSONNode] = []
    if try closes(with: UInt8(ascii: "]"), opened: opened) { return elements }
    while true {
      elements.append(try parseValue(expecting: "a value"))
      if try !continues(closing: UInt8(ascii: "]"), opened: opened) { return elements }
    }
  }

  /// Steps over the closing bracket of an empty object or array.
  private mutating func closes(with closing: UInt8, opened: Int) throws(SyntaxFault) -> Bool {
    skipBlanks()
    guard current != nil else { throw unclosed(opened) }
    guard current == closing else { return false }
    position += 1
    return true
  }

  /// Steps over a comma (true) or the closing bracket (false).
  private mutating func continues(closing: UInt8, opened: Int) throws(SyntaxFault) -> Bool {
    skipBlanks()
    let separator = position
    switch current {
    case closing:
      position += 1
      return false
    case UInt8(ascii: ","):
      position += 1
      skipBlanks()
      guard current != closing else {
        throw SyntaxFault(
          offset: separator,
          message: "a comma before \(next); JSON has none after the last entry")
      }
      guard current != nil else { throw unclosed(opened) }
      return true
    case nil: throw unclosed(opened)
    default: throw unexpected(expecting: "a comma or '\(Character(Unicode.Scalar(closing)))'")
    }
  }

  private func unclosed(_ opened: Int) -> SyntaxFault {
    SyntaxFault(
      offset: opened,
      message: "'\(Character(Unicode.Scalar(bytes[opened])))' is not closed before the file ends")
  }
}
