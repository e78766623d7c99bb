import ArgumentParser
import Glibc
import JSONText
import Points

/// Which lines of the log are asked for.
struct LogFilter {
  /// From the least to the most urgent.
  static let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

  /// nil for every line.
  var users: Set<String>?
  private let least: Int
  /// As the lines have it, so that it is compared as text; nil from the beginning.
  private let since: String?

  /// - Throws: `ValidationError` for what is no level or no time.
  init(level: String?, since: String?, now: Int64 = Int64(time(nil))) throws {
    self.least = try level.map(Self.rank) ?? 0
    self.since = try since.map { try Self.moment($0, now: now) }
  }

  func takes(_ line: JSONNode) -> Bool {
    if let users, !users.contains(line["user"]?.string ?? "") { return false }
    if let since, (line["time"]?.string ?? "") < since { return false }
    return least == 0 || Self.levels.firstIndex(of: line["level"]?.string ?? "") ?? 0 >= least
  }

  private static func rank(_ level: String) throws -> Int {
    guard let rank = levels.firstIndex(of: level.lowercased()) else {
      let near = nearestNames(to: level, among: levels).first.map { "; did you mean \($0)?" } ?? "."
      throw ValidationError("--level must be one of \(levels.joined(separator: ", "))\(near)")
    }
    return rank
  }

  /// A time that is so long ago, or that is named.
  private static func moment(_ text: String, now: Int64) throws -> String {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count >= 0,
      count <= now / unit
    {
      return DateTimeStamp(secondsSinceEpoch: now - count * unit).description
    }
    if let moment = DateTimeStamp(parsing: text) { return moment.description }
    throw ValidationError(
      "--since must be such as 30s, 10m, 2h, 7d or \"2026-01-12 14:30:00\", not \(text).")
  }
}
