/// Something that changed intents or points, or was asked for and not done: who, when and why.
public struct AuditEntry: Sendable, Hashable {
  /// What it came to for one user.
  public struct UserChange: Sendable, Hashable {
    public let user: String
    public let outcome: OperationRecord.UserOutcome.Result
    /// Points added or, below 0, taken; nil where none were but those earned.
    public let points: Int64?

    public init(user: String, outcome: OperationRecord.UserOutcome.Result, points: Int64?) {
      self.user = user
      self.outcome = outcome
      self.points = points
    }
  }

  /// Where a list goes on: behind this entry.
  public struct Position: Sendable, Hashable, Comparable {
    /// Since 1970-01-01 UTC.
    public let milliseconds: Int64
    /// The operation's id, or that of an entry that no operation made.
    public let id: String

    public init(milliseconds: Int64, id: String) {
      self.milliseconds = milliseconds
      self.id = id
    }

    public static func < (left: Position, right: Position) -> Bool {
      (left.milliseconds, left.id) < (right.milliseconds, right.id)
    }
  }

  public let position: Position
  /// Such as `pause`; `hand` for an edit in SQL, `adopted`, and `notice` for what a daemon did unasked.
  public let kind: String
  public let requestedBy: String
  public let reason: String?
  public let outcome: OperationRecord.Outcome
  /// None for what concerns the ledger as a whole.
  public let users: [UserChange]

  public init(
    position: Position, kind: String, requestedBy: String, reason: String?,
    outcome: OperationRecord.Outcome, users: [UserChange]
  ) {
    self.position = position
    self.kind = kind
    self.requestedBy = requestedBy
    self.reason = reason
    self.outcome = outcome
    self.users = users
  }
}

/// Which entries of the audit are asked for: the newest of them.
public struct AuditSelection: Sendable, Hashable {
  /// 1 to 1,000.
  public var limit: Int
  /// Older than this one; nil for the newest.
  public var before: AuditEntry.Position?
  /// What concerns at least one of these users, at most `longestListOfUsers`; nil for all there is.
  public var users: [String]?

  public static let longestListOfUsers = 500

  public init(limit: Int, before: AuditEntry.Position? = nil, users: [String]? = nil) {
    self.limit = limit
    self.before = before
    self.users = users
  }
}
