import Testing

/// How the sources are written, as far as a formatter does not see it.
@Suite struct StyleTests {
  /// Words of our own that have one in the field, and phrases that hide who does what.
  private static let words = [
    "somebody", "told", "tells", "anew", "whoever", "of its own accord", "is to be", "at the most",
  ]
  /// Names that types and functions had before.
  private static let names = [
    "Surroundings", "Candidate", "Succession", "Trouble", "Mended", "RunWish", "PointsWish",
    "OwedAnswers", "tellNews", "goAlone", "unreadiness", "LoginBrake",
  ]

  private let sources: [Repository.File]

  init() throws { sources = try Repository.files(below: "Sources", ending: ".swift") }

  @Test func theWordsAreTheFieldsWords() throws {
    let words = try Regex("(?i)\\b(" + Self.words.joined(separator: "|") + ")\\b")
    let names = try Regex("\\b(" + Self.names.joined(separator: "|") + ")\\b")
    let others = try Repository.files(below: "Sources", ending: ".js", ".html", ".c", ".h")
    for file in sources + others {
      for (number, line) in file.lines.enumerated() {
        let isFound = line.contains(words) || line.contains(names)
        #expect(!isFound, "\(file.path):\(number + 1): \(line)")
      }
    }
  }

  /// One subject a file, and a page a function; the longest there are now are the limit.
  @Test func filesAndFunctionsAreShort() {
    for file in sources {
      let lines = file.lines
      #expect(lines.count <= 260, "\(file.path) has \(lines.count) lines")
      for (number, line) in lines.enumerated() {
        guard let length = lengthOfFunction(at: number, in: lines) else { continue }
        #expect(length <= 65, "\(file.path):\(number + 1): \(length) lines: \(line)")
      }
    }
  }

  /// Standard output belongs to the journal or to nobody; a log line goes through the logger.
  @Test func theDaemonPrintsNothing() {
    for file in sources where !file.path.hasPrefix("Sources/pointsctl/") {
      for (number, line) in file.lines.enumerated() {
        let isFound = line.contains(/\bprint\(|Task\.detached|try!/)
        #expect(!isFound, "\(file.path):\(number + 1): \(line)")
      }
    }
  }

  /// The system's words for an error number are `Errno`'s.
  @Test func nobodyAsksTheSystemForItsWordsAgain() {
    for file in sources {
      for (number, line) in file.lines.enumerated() {
        #expect(!line.contains("strerror"), "\(file.path):\(number + 1): \(line)")
      }
    }
  }

  /// `Metric` is the only way to one, and asks for its help.
  @Test func eachMetricIsDeclaredWithItsHelp() {
    for file in sources where !file.path.hasPrefix("Sources/Telemetry/") {
      for (number, line) in file.lines.enumerated() {
        let isFound = line.contains(/\b(Counter|Gauge|Meter|Recorder|Timer)\(label:/)
        #expect(!isFound, "\(file.path):\(number + 1): \(line)")
      }
    }
  }

  /// From its first line to the brace that closes it at the same depth.
  private func lengthOfFunction(at start: Int, in lines: [Substring]) -> Int? {
    guard let match = lines[start].firstMatch(of: /^( *)(?:[\w@()]+ +)*(?:func|init)\b/) else {
      return nil
    }
    let end = "\(match.1)}"
    var hasBody = false
    for (offset, line) in lines[start...].enumerated() {
      if line.contains("{") { hasBody = true }
      if line == end { return offset + 1 }
      // A requirement of a protocol, or a body on the same line.
      if !hasBody && line.isEmpty || offset == 0 && line.hasSuffix("}") { return nil }
    }
    return nil
  }
}
