import JSONText

/// What a user, server or group may be called.
enum NameRule {
  /// Bytes of UTF-8.
  static let limit = 100
  /// Bytes of a name within a JSON string: what `get_json` leaves of the 255 bytes of an answer
  /// when every number in it has its greatest length.
  static let escapedLimit = 148

  /// Why `name`, already normalised, is no name; nil when it is one.
  static func objection(to name: String) -> String? {
    if name.isEmpty { return "must not be empty" }
    if let control = name.unicodeScalars.first(where: \.isControl) {
      return "must not contain the control character U+\(hexadecimal(control.value))"
    }
    if name.hasPrefix("-") { return "must not begin with \"-\", as options of commands do" }
    if name == "." || name == ".." {
      return "must not be \"\(name)\", which means a folder in a path"
    }
    let scalars = name.unicodeScalars
    if scalars.first?.properties.isWhitespace == true
      || scalars.last?.properties.isWhitespace == true
    {
      return "must not begin or end with a blank"
    }
    if name.utf8.count > limit {
      return "must be at most \(limit) bytes of UTF-8, not \(name.utf8.count)"
    }
    let escaped = escapedLength(of: name)
    if escaped > escapedLimit {
      return "must be at most \(escapedLimit) bytes as a JSON string, not \(escaped), "
        + "so that an answer stays under 256 bytes"
    }
    return nil
  }

  /// Bytes of `name` between the quotes of a JSON string. Control characters have no place in it.
  static func escapedLength(of name: String) -> Int {
    name.utf8.reduce(0) { length, byte in
      length + (byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 2 : 1)
    }
  }
}
