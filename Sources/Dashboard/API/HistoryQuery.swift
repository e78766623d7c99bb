import Hummingbird
import Points

/// Which part of a history a query asks for: `updates=20`, or `from=…&to=…`.
enum HistoryQuery {
  /// Updates when nothing is asked.
  static let defaultUpdates = 20
  /// The most points of one answer.
  static let limit = 1000

  /// - Parameter query: what stands behind `?`.
  static func parse(_ query: String?, now: DateTimeStamp) throws -> HistoryRange {
    let fields = try QueryFields.parse(query, known: ["updates", "from", "to"])
    let from = try fields["from"].map { try stamp($0, field: "from") }
    let to = try fields["to"].map { try stamp($0, field: "to") }
    guard from != nil || to != nil else { return .updates(try updates(fields["updates"])) }
    guard fields["updates"] == nil else {
      throw APIError(.badRequest, "Give either 'updates' or 'from' and 'to'")
    }
    guard let from else { throw APIError(.badRequest, "'from' is missing beside 'to'") }
    let end = to ?? now
    guard from < end else { throw APIError(.badRequest, "'from' must be before 'to'") }
    return .span(from: from, to: end, points: limit)
  }

  private static func updates(_ text: String?) throws -> Int {
    guard let text else { return defaultUpdates }
    guard let count = Int(text), (1...limit).contains(count) else {
      throw APIError(.badRequest, "'updates' must be a whole number from 1 to \(limit)")
    }
    return count
  }

  private static func stamp(_ text: String, field: String) throws -> DateTimeStamp {
    guard let stamp = DateTimeStamp(parsing: text) else {
      throw APIError(
        .badRequest, "'\(field)' must be a time in UTC such as 2026-01-12 14:30:00")
    }
    return stamp
  }
}
