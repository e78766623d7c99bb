/// Strings and their escapes.
extension JSONParser {
  mutating func parseString() throws(SyntaxFault) -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while true {
      let runStart = position
      while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"),
        byte >= 0x20
      {
        position += 1
      }
      text += bytes[runStart..<position]
      switch current {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text += Array(Character(try parseEscape()).utf8)
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"), nil:
        throw SyntaxFault(offset: start, message: "the string is not closed before the line ends")
      default:
        throw fault("\(next) stands bare in a string; write it as an escape")
      }
    }
  }

  private mutating func parseEscape() throws(SyntaxFault) -> Unicode.Scalar {
    let start = position
    position += 1
    guard let letter = current else {
      throw SyntaxFault(offset: start, message: "the file ends within an escape")
    }
    guard letter != UInt8(ascii: "u") else { return try parseUnicodeEscape(start: start) }
    let scalar: Unicode.Scalar
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scalar = Unicode.Scalar(letter)
    case UInt8(ascii: "b"): scalar = "\u{8}"
    case UInt8(ascii: "f"): scalar = "\u{c}"
    case UInt8(ascii: "n"): scalar = "\n"
    case UInt8(ascii: "r"): scalar = "\r"
    case UInt8(ascii: "t"): scalar = "\t"
    default:
      throw SyntaxFault(
        offset: start, message: "unknown escape \\ before \(next); a backslash is written as \\\\")
    }
    position += 1
    return scalar
  }

  /// `\uXXXX`, or two of them where UTF-16 needs a pair of surrogates.
  private mutating func parseUnicodeEscape(start: Int) throws(SyntaxFault) -> Unicode.Scalar {
    let first = try parseCodeUnit(start: start)
    if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
    let half = SyntaxFault(
      offset: start,
      message: "the escape \\u\(hexadecimal(UInt32(first))) is half of a surrogate pair")
    guard UTF16.isLeadSurrogate(first), position + 1 < bytes.count,
      bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    else { throw half }
    position += 1
    let second = try parseCodeUnit(start: start)
    guard UTF16.isTrailSurrogate(second) else { throw half }
    let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    guard let scalar = Unicode.Scalar(value) else { throw half }
    return scalar
  }

  /// `u` and four hexadecimal digits.
  private mutating func parseCodeUnit(start: Int) throws(SyntaxFault) -> UInt16 {
    position += 1
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current,
        let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else {
        throw SyntaxFault(offset: start, message: "an escape \\u needs four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
