import Points

/// The newest row known of each user, for the time in which the database cannot be asked.
struct LastKnownRows {
  private var entries: [String: (row: PointsRow, readAtMilliseconds: Int64)] = [:]

  /// - Parameter nowMilliseconds: a monotonic clock.
  mutating func remember(_ rows: [PointsRow], nowMilliseconds: Int64) {
    for row in rows { entries[row.user] = (row, nowMilliseconds) }
  }

  func row(of user: String) -> PointsRow? { entries[user]?.row }

  /// The database has these rows still.
  mutating func confirm(nowMilliseconds: Int64) {
    for user in entries.keys { entries[user]?.readAtMilliseconds = nowMilliseconds }
  }

  /// Those of `rows` that are not known as they are.
  func differing(_ rows: [PointsRow]) -> [PointsRow] {
    rows.filter { entries[$0.user]?.row != $0 }
  }

  /// The rows of those `users` that are known, with the age of the oldest in whole seconds.
  func recall(_ users: [String], nowMilliseconds: Int64) -> Reading<[PointsRow]>? {
    let known = users.compactMap { entries[$0] }
    guard let oldest = known.map(\.readAtMilliseconds).min() else { return nil }
    return Reading(known.map(\.row), staleSeconds: Int((nowMilliseconds - oldest) / 1000))
  }
}
