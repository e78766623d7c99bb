import Points

/// When the next tick is due. Pure: outcomes go in, pauses come out.
struct TickSchedule {
  let intervalMilliseconds: Int64
  /// Tries since the last boundary that were due at once.
  private(set) var hurriedTries = 0
  /// Tries in a row that the database did not answer.
  private(set) var failures = 0

  /// How long after the boundary a tick is sent, so that the database's clock has passed it.
  static let marginMilliseconds: Int64 = 5
  /// The pauses before tries that are due at once.
  static let hurriedPauses: [Int64] = [0, 20, 50, 100]
  /// A user that could not be credited is tried again after so long at the latest.
  static let longestRepairPauseMilliseconds: Int64 = 1000
  static let longestFailurePauseMilliseconds: Int64 = 1000

  init(intervalMilliseconds: Int64) {
    self.intervalMilliseconds = intervalMilliseconds
  }

  /// The pause after a tick, in milliseconds.
  mutating func pause(after outcome: TickOutcome) -> Int64 {
    failures = 0
    if outcome.isUnfinished, hurriedTries < Self.hurriedPauses.count {
      hurriedTries += 1
      return Self.hurriedPauses[hurriedTries - 1]
    }
    hurriedTries = 0
    let passed = outcome.databaseMilliseconds % intervalMilliseconds
    let untilBoundary = intervalMilliseconds - passed + Self.marginMilliseconds
    guard outcome.uncreditedUsers.isEmpty, !outcome.isUnfinished else {
      return min(untilBoundary, Self.longestRepairPauseMilliseconds)
    }
    return untilBoundary
  }

  /// The pause after a try that failed, in milliseconds: doubled each time, half of it by chance,
  /// never longer than the interval.
  /// - Parameter random: 0 to 1.
  mutating func pauseAfterFailure(random: Double) -> Int64 {
    failures += 1
    let longest = min(
      Self.longestFailurePauseMilliseconds, 50 << Int64(min(failures, 6)), intervalMilliseconds)
    return longest / 2 + Int64(Double(longest / 2) * random)
  }
}
