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

  /// The largest revision; the first one follows it, as only a hand can have written it.
  public static let largestRevision: Int64 = 1_000_000_000_000_000_000

  /// Whether the revision is one that there can be; what a hand wrote may not.
  public var hasPossibleRevision: Bool { (0...Self.largestRevision).contains(revision) }

  /// The revision of what is asked next.
  public var nextRevision: Int64 { revision < Self.largestRevision ? revision + 1 : 1 }

  /// Whether a run is open: asked to run, and not paused.
  public var earning: Bool { running && !paused }
}
