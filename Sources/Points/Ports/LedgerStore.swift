/// What the supervisor and the HTTP interface ask of the ledger.
///
/// Every change settles first: slots up to the present are credited under the terms of the open
/// run, then the change is made, in one transaction. Every function throws `LedgerError`.
public protocol LedgerStore: Sendable {
  /// Brings rows, intents and runs of the configured users to what is wanted, in one transaction:
  /// missing rows and intents are made, runs opened, closed, or closed and opened anew where the
  /// terms changed, gaps longer than the longest catch-up written off.
  ///
  /// Idempotent: called again with the same users it changes nothing but what was earned meanwhile.
  /// - Returns: one line for each thing an operator should know.
  func reconcile(_ users: [LedgerUser], operation: Operation) async throws -> [String]

  /// Brings the accounts of `changed` users to what is wanted and closes the runs of those `leaving`,
  /// in one transaction: all or, with an error, nothing. Nobody else's account is touched.
  ///
  /// Repeating a call with the same `operation.id` changes nothing.
  func reload(changed: [LedgerUser], leaving: [String], operation: Operation) async throws
    -> ReloadedAccounts

  /// Replaces the ledger by that of a backup, all of it or, with an error, nothing; its open runs
  /// are closed where they stood. `reconcile` is to follow. Nothing else may be changed meanwhile.
  /// - Parameters:
  ///   - users: the configured users; others that the backup has are named.
  ///   - progress: called with what is done next, for the operator.
  func restore(
    _ content: BackupContent, users: [String], operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws

  /// The intent of each of `users` that has one.
  func intents(of users: [String]) async throws -> [Intent]

  /// Makes one change to one user and returns what the user has afterwards.
  ///
  /// Repeating a call with the same `operation.id` changes nothing and returns the present row.
  /// - Parameters:
  ///   - terms: what a run that this change opens earns.
  ///   - effective: whether the user runs and is paused now, where a profile overrides the kept
  ///     intent; nil to go by the kept intent.
  func apply(
    _ change: Change, to user: String, terms: AccrualTerms, effective: EffectiveIntent?,
    operation: Operation
  ) async throws -> (row: PointsRow, intent: Intent)

  /// Settles and closes the open runs of `users`: the clean stop of the daemon.
  func closeRuns(of users: [String], operation: Operation) async throws

  /// The rows of `users`, in the order asked; users without a row are left out.
  func rows(of users: [String]) async throws -> [PointsRow]

  /// A user's history, oldest first.
  func history(of user: String, range: HistoryRange) async throws -> [HistoryPoint]

  /// Checks the ledger in one snapshot.
  /// - Parameter earning: the users that are to have an open run.
  func verify(users: [String], earning: Set<String>) async throws -> Verification
}

/// What a reload made of the accounts of the users it changed.
public struct ReloadedAccounts: Sendable, Hashable {
  public let rows: [PointsRow]
  public let intents: [Intent]
  /// One line for each thing an operator should know.
  public let notices: [String]

  public init(rows: [PointsRow], intents: [Intent], notices: [String]) {
    self.rows = rows
    self.intents = intents
    self.notices = notices
  }
}

/// A configured user as the ledger needs to know it.
public struct LedgerUser: Sendable, Hashable {
  public let name: String
  public let terms: AccrualTerms
  /// Overrides the kept intent when not nil (`--profile`).
  public let effective: EffectiveIntent?

  public init(name: String, terms: AccrualTerms, effective: EffectiveIntent?) {
    self.name = name
    self.terms = terms
    self.effective = effective
  }
}

/// Whether a user runs and whether it is paused, without who and why.
public struct EffectiveIntent: Sendable, Hashable {
  public let running: Bool
  public let paused: Bool

  public init(running: Bool, paused: Bool) {
    self.running = running
    self.paused = paused
  }

  /// Whether a run is open.
  public var earning: Bool { running && !paused }
}
