/// `text` in double quotes, shortened, and safe to print on a terminal.
package func quoted(_ text: String) -> String {
  "\"\(excerpt(text, limit: 60))\""
}

/// The beginning of `text` with control characters written as JSON escapes.
package func excerpt(_ text: String, limit: Int) -> String {
  var printed = ""
  var length = 0
  for scalar in text.unicodeScalars {
    if length == limit { return printed + "…" }
    length += 1
    printed.appendPrintable(scalar)
  }
  return printed
}

extension String {
  /// Appends what a terminal would obey as a JSON escape, and anything else as it is.
  mutating func appendPrintable(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\n": self += "\\n"
    case "\r": self += "\\r"
    case "\t": self += "\\t"
    case let other where other.isControl || other.isBidirectionalControl:
      self += "\\u" + hexadecimal(other.value)
    case let other: unicodeScalars.append(other)
    }
  }
}

/// `value` in at least four hexadecimal digits.
package func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

extension Unicode.Scalar {
  /// Unicode's control characters, and its line and paragraph separators.
  package var isControl: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Characters that turn the reading direction, and with it the rest of a line of output.
  package var isBidirectionalControl: Bool {
    switch value {
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
