extension DateTimeStamp {
  /// Reads `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` and the ISO 8601 form of the latter in UTC that
  /// browsers write (`YYYY-MM-DDTHH:MM:SS.sssZ`; the fraction is dropped). nil for all else, days
  /// that do not exist included.
  public init?(parsing text: String) {
    var text = Substring(text)
    if text.hasSuffix("Z") { text = text.dropLast() }
    if let dot = text.firstIndex(of: ".") {
      guard text[text.index(after: dot)...].allSatisfy(\.isDigit) else { return nil }
      text = text[..<dot]
    }
    let parts = text.split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == " " || $0 == "T" })
    guard let date = Self.numbers(parts[0], separator: "-", widths: [4, 2, 2]) else { return nil }
    let time =
      parts.count > 1 ? Self.numbers(parts[1], separator: ":", widths: [2, 2, 2]) : [0, 0, 0]
    guard let time, date[0] >= 1, (1...12).contains(date[1]), (1...31).contains(date[2]),
      time[0] < 24, time[1] < 60, time[2] < 60
    else { return nil }
    let stamp = DateTimeStamp(
      year: date[0], month: date[1], day: date[2], hour: time[0], minute: time[1], second: time[2])
    // The 31st of a shorter month would come out as a day of the next.
    guard stamp.description.hasPrefix(parts[0]) else { return nil }
    self = stamp
  }

  private static func numbers(
    _ text: Substring, separator: Character, widths: [Int]
  ) -> [Int]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count == widths.count else { return nil }
    let numbers = zip(parts, widths).compactMap { part, width in
      part.utf8.count == width && part.allSatisfy(\.isDigit) ? Int(part) : nil
    }
    return numbers.count == widths.count ? numbers : nil
  }
}

extension Character {
  /// One of `0` to `9`.
  fileprivate var isDigit: Bool { isASCII && isWholeNumber }
}
