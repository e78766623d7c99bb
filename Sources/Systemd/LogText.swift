import Glibc
import Logging

/// The text forms that the log handlers share.
enum LogText {
  /// The text with control characters, line breaks included, written as escapes, so that a value
  /// from outside can neither begin a line of its own nor steer a terminal.
  static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        result += scalar.escaped(asASCII: true)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    switch scalar.properties.generalCategory {
    // Directional overrides and the like are "format"; they can make a line read otherwise.
    case .control, .lineSeparator, .paragraphSeparator: return true
    case .format: return scalar.value != 0x200D
    default: return false
    }
  }

  /// The metadata that counts for one event: the event's own before the logger's.
  static func merged(
    _ base: Logger.Metadata, _ provider: Logger.MetadataProvider?, _ event: LogEvent
  ) -> Logger.Metadata {
    var merged = base
    if let provider { merged.merge(provider.get()) { $1 } }
    if let own = event.metadata { merged.merge(own) { $1 } }
    if let error = event.error { merged["error"] = "\(error)" }
    return merged
  }

  /// A value, in quotes where blanks or quotes would make it ambiguous.
  static func quoted(_ value: Logger.Metadata.Value) -> String {
    let text = escaped("\(value)")
    guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else {
      return text
    }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\\\"") + "\""
  }

  /// `YYYY-MM-DD HH:MM:SS`, UTC, of a Unix time in seconds.
  static func timestamp(_ seconds: Int) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    return
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))"
      + "-\(padded(Int(parts.tm_mday), 2)) \(padded(Int(parts.tm_hour), 2))"
      + ":\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
