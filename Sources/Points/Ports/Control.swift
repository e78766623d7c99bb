/// What the HTTP interface asks of the supervisor. Every throwing function throws `ControlError`.
public protocol Control: Sendable {
  /// When the daemon started, in milliseconds since 1970-01-01 UTC.
  var startedMilliseconds: Int64 { get }

  /// The configured users' rows, by name.
  func users() async throws -> Reading<[PointsRow]>

  /// One configured user's row; `name` is a user's or a server's, in any case.
  func user(_ name: String) async throws -> Reading<PointsRow>

  /// The user's history, oldest first.
  func history(of name: String, range: HistoryRange) async throws -> [HistoryPoint]

  /// The servers, in the order of the configuration.
  func servers() async -> [ServerStatus]

  /// One server, by the name of its user or its own, in any case.
  func server(_ name: String) async throws -> ServerStatus

  /// The TCP clients of some users' servers now; of everybody's without users.
  func connections(of users: [String]?) async -> [ConnectedClient]

  /// Makes a change to one user and answers when its state is reached, after 10 s at most.
  func apply(_ change: Change, to name: String, by operation: Operation) async throws
    -> ServerStatus

  /// Makes one change to several users, as one operation, and answers when the states are reached,
  /// after 10 s at most.
  func apply(_ change: Change, toAll users: [String], by operation: Operation) async throws
    -> GroupOutcome

  /// Makes `reset` or `adjust` and returns the user's row afterwards.
  func adjust(_ change: Change, user name: String, by operation: Operation) async throws
    -> PointsRow

  /// Operations, newest first; those whose outcome is not known yet are among them.
  func operations(_ selection: OperationSelection) async throws -> [OperationRecord]

  /// What changed intents and points, newest first; edits by hand are among them.
  func audit(_ selection: AuditSelection) async throws -> [AuditEntry]

  /// Other daemons that serve users of this ledger, as last read.
  func instances() async -> [LedgerSnapshot.Instance]

  /// Ends that another daemon, which does not work any more, serves its users; the runs of those
  /// whom nobody serves then are closed. `conflict` when it is alive or not known.
  /// - Returns: what became of each of those users.
  func forget(
    instance: String, by operation: Operation
  ) async throws -> [OperationRecord.UserOutcome]

  /// Restarts one server's listener; its run goes on.
  func restart(_ name: String, by operation: Operation) async throws -> ServerStatus

  /// The users that a profile names: a user, server, group or `all`, in any case.
  func members(ofProfile name: String) async throws -> [String]

  /// What the configuration file would change now.
  func plan() async throws -> ReloadPlan

  /// Changes to what the configuration file says, all of it or, with an error, nothing. Users that
  /// are the same in the file are not touched. The points of users it no longer has stay.
  /// - Returns: what was done.
  func reload(by operation: Operation) async throws -> ReloadPlan

  /// Begins to save the ledger, while everything goes on. `conflict` names who makes one already.
  func backup(by operation: Operation) async throws -> any BackupStream

  /// An empty file, for a backup that is sent to be restored; `conflict` names who restores one
  /// already.
  func makeBackupFile(for operation: Operation) async throws -> any BackupFile

  /// Replaces the ledger by that of a backup, all of it or, with an error, nothing.
  /// - Parameter progress: called with what is done next, for the operator.
  func restore(
    _ file: any BackupFile, by operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws

  /// Whether the last reload went through.
  func configuration() async -> ConfigurationCondition

  /// Checks the ledger.
  func verify() async throws -> Verification

  /// Why the daemon is not ready; nil when it is.
  func readinessFailure() async -> ReadinessFailure?

  /// Whether the database answers.
  func database() async -> DatabaseCondition

  /// The users whose ticks are late.
  func late() async -> [String]

  /// Events from now on. A subscriber that falls behind by 1,024 events loses the stream and is to
  /// begin again with a snapshot.
  func events() async -> AsyncStream<PointsEvent>

  /// Sends everything that is known as an event, to all who have asked for events.
  func broadcastSnapshot() async
}

/// Values, and how old they are when the database could not be asked.
public struct Reading<Value: Sendable>: Sendable {
  public let value: Value
  /// nil when read just now; else the age of the values in seconds.
  public let staleSeconds: Int?
  /// Identifies these values: the same for all who share them; nil for values that are
  /// stale or were not read in a group.
  public let version: UInt64?

  public init(_ value: Value, staleSeconds: Int? = nil, version: UInt64? = nil) {
    self.value = value
    self.staleSeconds = staleSeconds
    self.version = version
  }
}

/// What a change to several users came to.
public struct GroupOutcome: Sendable {
  /// The servers of the users that were changed.
  public let servers: [ServerStatus]
  /// What became of each user, in the order asked.
  public let users: [OperationRecord.UserOutcome]

  public init(servers: [ServerStatus], users: [OperationRecord.UserOutcome]) {
    self.servers = servers
    self.users = users
  }
}

/// Why the daemon is not ready.
public struct ReadinessFailure: Sendable, Hashable {
  /// All that is known, which may name paths, accounts and statements.
  public var detail: String
  /// The same for readers without the right to change: no path, account or SQL.
  public var summary: String

  public init(detail: String, summary: String) {
    self.detail = detail
    self.summary = summary
  }
}

/// Why the supervisor did not do what was asked.
public enum ControlError: Error, Sendable, Hashable {
  /// 404.
  case notFound(String)
  /// 409: refused by a rule or by the state things are in.
  case conflict(String)
  /// 422: the configuration file has faults, one a line; or a key was used for another change.
  case invalid(String)
  /// 503: the database is away, or the daemon is stopping; nothing was changed and never will be.
  case unavailable(String)
  /// 504: whether it was done is not known yet; `operation` is the id to ask for it by.
  case unknown(operation: String, String)
  /// 500.
  case failed(String)
}

extension ControlError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound(let message), .conflict(let message), .invalid(let message),
      .unavailable(let message), .unknown(_, let message), .failed(let message):
      message
    }
  }
}
