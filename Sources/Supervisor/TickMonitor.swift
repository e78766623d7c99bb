import Points

/// What is known of ticks: when they were done, why one failed, whom it could not credit.
struct TickMonitor: Sendable {
  /// How much later than its interval a tick may come before its users count as late, in ms.
  static let graceMilliseconds: Int64 = 2000

  /// When each interval's last tick was done, or its ticks began.
  private var lastTicks: [Int64: Int64] = [:]
  /// Why each interval's last tick failed as a whole.
  private var failures: [Int64: String] = [:]
  private var uncredited: [Int64: [String: String]] = [:]

  /// Ticks of an interval begin.
  mutating func begin(_ interval: Int64, now: Int64) { lastTicks[interval] = now }

  /// There are no ticks of an interval any more.
  mutating func end(_ interval: Int64) {
    lastTicks[interval] = nil
    failures[interval] = nil
    uncredited[interval] = nil
  }

  mutating func done(_ interval: Int64, _ outcome: TickOutcome, now: Int64) {
    guard lastTicks[interval] != nil else { return }
    lastTicks[interval] = now
    failures[interval] = nil
    uncredited[interval] = outcome.uncreditedUsers.isEmpty ? nil : outcome.uncreditedUsers
  }

  /// - Returns: whether the reason is another one than before, and worth a line.
  mutating func failed(_ interval: Int64, _ reason: String) -> Bool {
    guard lastTicks[interval] != nil, failures[interval] != reason else { return false }
    failures[interval] = reason
    return true
  }

  /// Why ticks fail as a whole; nil when they do not.
  var failure: String? { failures.sorted { $0.key < $1.key }.first?.value }

  /// Whether the last tick of an interval failed as a whole.
  func hasFailed(_ interval: Int64) -> Bool { failures[interval] != nil }

  /// Users that could not be credited, each with its reason.
  var uncreditedUsers: [String: String] {
    uncredited.values.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
  }

  /// When the newest tick of any interval was done; nil without ticks.
  var newest: Int64? { lastTicks.values.max() }

  /// Whether a user that earns at an interval was not credited in time.
  func isLate(_ user: String, interval: Int64, now: Int64) -> Bool {
    guard let last = lastTicks[interval] else { return false }
    return uncredited[interval]?[user] != nil || now - last > interval + Self.graceMilliseconds
  }
}
