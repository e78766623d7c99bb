/// Which part of a user's history is asked for.
public enum HistoryRange: Sendable, Hashable {
  /// The last so many updates, 1 to 1,000. An update is a credited slot or an adjustment.
  case updates(Int)
  /// From one moment to another (seconds), sampled to at most `points` points.
  case span(from: DateTimeStamp, to: DateTimeStamp, points: Int)

  /// Whether it reads more than 32 days, for which there are places and a deadline of their own.
  public var isLong: Bool {
    guard case .span(let from, let to, _) = self else { return false }
    return to.secondsSinceEpoch - from.secondsSinceEpoch > 32 * 86_400
  }
}

/// One point of a user's history.
public struct HistoryPoint: Sendable, Hashable {
  public let stamp: DateTimeStamp
  /// nil before the user existed: a gap in a chart.
  public let points: Int64?
  /// Whether a run was open; the points of other time are those before it.
  public let earning: Bool

  public init(stamp: DateTimeStamp, points: Int64?, earning: Bool = true) {
    self.stamp = stamp
    self.points = points
    self.earning = earning
  }
}
