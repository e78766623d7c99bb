/// What was last asked of a user, by whom and why. Kept in the ledger, so that it holds across
/// restarts.
public struct Intent: Sendable, Hashable {
  public let user: String
  /// False after `stop`: no listener, no points.
  public let running: Bool
  /// True after `pause`: the listener answers, no points.
  public let paused: Bool
  /// Who asked, such as `alice (uid 1000) via the control socket` or `token`.
  public let requestedBy: String
  public let reason: String?
  public let since: DateTimeStamp
  /// Rises by one with each change; a change is conditional on it.
  public let revision: Int64

  public init(
    user: String, running: Bool, paused: Bool, requestedBy: String, reason: String?,
    since: DateTimeStamp, revision: Int64
  ) {
    self.user = user
    self.running = running
    self.paused = paused
    self.requestedBy = requestedBy
    self.reason = reason
    self.since = since
    self.revision = revision
  }

  /// Whether the revision can be followed by another one; what a hand wrote may not.
  public var hasPossibleRevision: Bool { (0...1_000_000_000_000_000_000).contains(revision) }

  /// Whether a run is open: asked to run, and not paused.
  public var earning: Bool { running && !paused }
}
