/// What a changed configuration file would do, or did, to each user.
public struct ReloadPlan: Sendable, Hashable {
  public enum Action: String, Sendable, Hashable, CaseIterable {
    case nothing
    /// Changed without touching the listener or its clients.
    case adjust
    /// The listener moves: its clients are closed.
    case restart
    case start
    case stop
    /// No longer served; the points stay in the ledger.
    case remove
  }

  public struct Entry: Sendable, Hashable {
    public let user: String
    public let server: String
    public let action: Action
    /// What differs, such as `port 5001 → 5011`; empty for `nothing`.
    public let details: [String]

    public init(user: String, server: String, action: Action, details: [String]) {
      self.user = user
      self.server = server
      self.action = action
      self.details = details
    }
  }

  /// One for each user: those of the file in its order, then those it no longer has.
  public let users: [Entry]
  /// What differs beside the users, such as `log.level: info → debug`.
  public let settings: [String]
  /// What differs and cannot change while the daemon runs: a reload is refused.
  public let needsRestart: [String]

  public init(users: [Entry], settings: [String], needsRestart: [String]) {
    self.users = users
    self.settings = settings
    self.needsRestart = needsRestart
  }

  /// Whether anything differs.
  public var changesSomething: Bool {
    !settings.isEmpty || !needsRestart.isEmpty || users.contains { $0.action != .nothing }
  }
}

/// Whether the daemon runs what its configuration file says, as far as it was asked to.
public enum ConfigurationCondition: Sendable, Hashable {
  /// Read at this moment.
  case current(since: DateTimeStamp)
  /// The last reload was refused; everything goes on as before it.
  case rejected(since: DateTimeStamp, reason: String)
}
