/// Words and numbers, and what all parts of the parser share.
extension JSONParser {
  /// The byte at the present position; nil at the end.
  var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// The character at the present position, for a message.
  var next: String {
    guard position < bytes.count else { return "end of file" }
    let rest = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
    guard let scalar = rest.unicodeScalars.first else { return "end of file" }
    guard !scalar.isControl && !scalar.isBidirectionalControl else {
      return "character U+" + hexadecimal(scalar.value)
    }
    return "'\(Character(scalar))'"
  }

  mutating func skipBlanks() {
    while let byte = current,
      byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    {
      position += 1
    }
  }

  func fault(_ message: String) -> SyntaxFault {
    SyntaxFault(offset: position, message: message)
  }

  /// A fault for a character that cannot stand here, with the remedy for the usual mistakes.
  func unexpected(expecting expected: String) -> SyntaxFault {
    switch current {
    case nil: fault("the file ends where \(expected) is expected")
    case UInt8(ascii: "'"): fault("strings stand in double quotes, not in single ones")
    case UInt8(ascii: "/"), UInt8(ascii: "#"): fault("JSON has no comments; remove this one")
    default: fault("unexpected \(next) where \(expected) is expected")
    }
  }

  mutating func parseWord() throws(SyntaxFault) -> JSONValue {
    let start = position
    var end = position
    while end < bytes.count, bytes[end].isWordByte { end += 1 }
    let word = String(decoding: bytes[start..<end], as: UTF8.self)
    position = end
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "null": return .null
    default:
      throw SyntaxFault(
        offset: start,
        message: "unknown word \(excerpt(word, limit: 40)); a string stands in double quotes")
    }
  }

  /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
  mutating func parseNumber() throws(SyntaxFault) -> String {
    let start = position
    if current == UInt8(ascii: "-") { position += 1 }
    if current == UInt8(ascii: "0") {
      position += 1
      if let byte = current, byte.isDigit {
        throw SyntaxFault(offset: start, message: "a number does not begin with a needless 0")
      }
    } else {
      try digits(start: start)
    }
    if current == UInt8(ascii: ".") {
      position += 1
      try digits(start: start)
    }
    if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
      position += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
      try digits(start: start)
    }
    if let byte = current, byte.isWordByte || byte == UInt8(ascii: ".") {
      throw SyntaxFault(offset: start, message: "a number runs into \(next); separate them")
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits(start: Int) throws(SyntaxFault) {
    guard let byte = current, byte.isDigit else {
      throw SyntaxFault(offset: start, message: "a number is missing digits before \(next)")
    }
    while let byte = current, byte.isDigit { position += 1 }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  fileprivate var isWordByte: Bool {
    isDigit || self == UInt8(ascii: "_") || self >= 0x80
      || (self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z"))
  }
}
