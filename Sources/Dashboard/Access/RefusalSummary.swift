/// Sums up what strangers bring about, so that they cannot fill the log: one line a minute for each
/// subject, whatever comes in between.
///
/// Pure: events and times in, lines out. The number of subjects is bounded, for it is strangers who
/// choose their addresses; those beyond the bound share one line.
struct RefusalSummary: Sendable {
  /// One line for the log.
  struct Line: Sendable, Equatable {
    /// Whom or what it is about; nil for those beyond the bound together.
    let subject: String?
    /// How often it happened since the last line about the subject; nil for the first time.
    let count: Int?
    /// The reasons, the first ones with how often each was given.
    let reasons: String
  }

  /// How long a line is enough, in nanoseconds.
  static let window: Int64 = 60_000_000_000
  /// Subjects with a line of their own.
  static let subjectLimit = 64
  /// Reasons of a subject that are named.
  static let reasonLimit = 3
  /// The longest reason, in characters of Unicode.
  static let reasonLength = 300

  private struct Entry {
    var windowEnds: Int64
    var count = 0
    var reasons: [(text: String, count: Int)] = []
    var others = 0

    mutating func add(_ reason: String) {
      count += 1
      if let known = reasons.firstIndex(where: { $0.text == reason }) {
        reasons[known].count += 1
      } else if reasons.count < RefusalSummary.reasonLimit {
        reasons.append((reason, 1))
      } else {
        others += 1
      }
    }

    var text: String {
      if reasons.count == 1, others == 0 { return reasons[0].text }
      let named = reasons.map { "\($0.text) (\($0.count))" }
      return (named + (others > 0 ? ["others (\(others))"] : [])).joined(separator: ", ")
    }
  }

  private var entries: [String?: Entry] = [:]

  /// Something happened.
  /// - Returns: the lines that are due: one for the first event of a subject, at once.
  mutating func add(_ subject: String, _ reason: String, now: Int64) -> [Line] {
    var lines = expire(now: now)
    let reason = Self.shortened(reason)
    let key = entries[subject] != nil || entries.count < Self.subjectLimit ? subject : nil
    if entries[key] != nil {
      entries[key]?.add(reason)
    } else {
      entries[key] = Entry(windowEnds: now + Self.window)
      lines.append(Line(subject: key, count: nil, reasons: reason))
    }
    return lines
  }

  /// The lines whose minute is over; subjects that were quiet for a minute are forgotten.
  mutating func expire(now: Int64) -> [Line] {
    let due = entries.filter { $0.value.windowEnds <= now }
    for (key, entry) in due {
      entries[key] = entry.count > 0 ? Entry(windowEnds: now + Self.window) : nil
    }
    return Self.lines(due)
  }

  /// Everything that no line was about yet, at the end.
  mutating func finish() -> [Line] {
    defer { entries = [:] }
    return Self.lines(entries)
  }

  private static func lines(_ entries: [String?: Entry]) -> [Line] {
    entries.filter { $0.value.count > 0 }
      .map { Line(subject: $0.key, count: $0.value.count, reasons: $0.value.text) }
      .sorted { ($0.subject ?? "\u{10FFFF}") < ($1.subject ?? "\u{10FFFF}") }
  }

  private static func shortened(_ text: String) -> String {
    text.unicodeScalars.count > reasonLength
      ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(reasonLength))) + "…" : text
  }
}
