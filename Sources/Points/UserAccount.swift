/// What the ledger holds of one user at one moment, read under the user's lock.
public struct UserAccount: Sendable, Hashable {
  public let user: String
  /// What `points` says, or, where the row is missing, what runs and adjustments add up to.
  public let points: Int128
  /// The row in `user_tracking` is missing and will be made again.
  public let rowIsMissing: Bool
  /// Whether the ledger knows the user from before, so that a missing row is worth a notice.
  public let isKnown: Bool
  public let openRun: Run?
  /// Where the user's closed runs end; nil without any.
  public let latestEndMilliseconds: Int64?

  public init(
    user: String, points: Int128, rowIsMissing: Bool = false, isKnown: Bool = true,
    openRun: Run?, latestEndMilliseconds: Int64?
  ) {
    self.user = user
    self.points = points
    self.rowIsMissing = rowIsMissing
    self.isKnown = isKnown
    self.openRun = openRun
    self.latestEndMilliseconds = latestEndMilliseconds
  }
}

/// What is to become of a user's open run.
public enum RunTarget: Sendable, Hashable {
  /// Open or closed as it is, under the terms it has.
  case unchanged
  /// No run is open.
  case closed
  /// A run is open under these terms; one under other terms is closed and followed by a new one.
  case open(AccrualTerms)
}

/// What is to become of a user's points beside what was earned.
public enum PointsChange: Sendable, Hashable {
  case asEarned
  /// Minus the settled points.
  case zero
  /// A correction; refused below 0.
  case changed(by: Int64)
}
