/// What a user has: one row of `user_tracking`, the original project's table.
public struct PointsRow: Sendable, Hashable {
  /// The user's name as configured.
  public let user: String
  /// Points, never below 0.
  public let points: Int64
  /// When the points last changed; nil where an adopted table holds NULL.
  public let stamp: DateTimeStamp?

  public init(user: String, points: Int64, stamp: DateTimeStamp?) {
    self.user = user
    self.points = points
    self.stamp = stamp
  }
}
