/// A value of a JSON text with the place where it stands, so that a fault found much later can
/// still name its line and column.
struct JSONNode: Equatable {
  /// Bytes from the beginning of the text to the value's first character.
  let offset: Int
  let value: JSONValue
}

indirect enum JSONValue: Equatable {
  case null
  case boolean(Bool)
  /// As written, so that a decimal fraction is not rounded before anybody looks at it.
  case number(String)
  case string(String)
  case array([JSONNode])
  /// In the order of the text, duplicates included.
  case object([JSONMember])
}

/// One key of an object and its value.
struct JSONMember: Equatable {
  let keyOffset: Int
  let key: String
  let node: JSONNode
}

extension JSONValue {
  /// How the value is named in a message to the operator.
  var described: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): excerpt(text, limit: 40)
    case .string(let text): "the string \(quoted(text))"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// `text` in double quotes, shortened, and safe to print on a terminal.
func quoted(_ text: String) -> String {
  "\"\(excerpt(text, limit: 60))\""
}

/// The beginning of `text` with control characters written as JSON escapes.
func excerpt(_ text: String, limit: Int) -> String {
  var printed = ""
  var length = 0
  for scalar in text.unicodeScalars {
    if length == limit { return printed + "…" }
    length += 1
    switch scalar {
    case "\n": printed += "\\n"
    case "\r": printed += "\\r"
    case "\t": printed += "\\t"
    case let other where other.isControl || other.isBidirectionalControl:
      printed += "\\u" + hexadecimal(other.value)
    case let other: printed.unicodeScalars.append(other)
    }
  }
  return printed
}

/// `value` in at least four hexadecimal digits.
func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

extension Unicode.Scalar {
  /// Unicode's control characters, and its line and paragraph separators.
  var isControl: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Characters that turn the reading direction, and with it the rest of a line of output.
  var isBidirectionalControl: Bool {
    switch value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
