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

  /// Tries once to make a change: all of it in one transaction or, with an error, nothing. The
  /// outcome of an `unknown` try is found by another try, or ended by `void`.
  ///
  /// Trying again with the same `operation.id` changes nothing when it was done.
  /// - Parameter partial: whether users are left out, and named, on which another transaction holds
  ///   a lock; else such a lock is `locked`.
  func attempt(_ change: LedgerChange, partial: Bool) async throws(LedgerError) -> ChangeReceipt

  /// Takes the id of a change whose outcome is unknown, so that it can never be done any more.
  /// - Returns: nil when that is so; else what the change came to, as it was done before.
  func void(_ change: LedgerChange) async throws(LedgerError) -> ChangeReceipt?

  /// Operations of the ledger, newest first.
  func operations(_ selection: OperationSelection) async throws(LedgerError) -> [OperationRecord]

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

/// Which operations are asked for.
public enum OperationSelection: Sendable, Hashable {
  /// The newest ones, at most so many, 1 to 1,000.
  case latest(Int)
  case identifier(String)
  /// That of a client's key.
  case key(String, account: String)
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

  /// Whether the user runs and is paused, as far as `intent` says so; a user of whom nothing was
  /// asked runs.
  public func effective(under intent: Intent?) -> EffectiveIntent {
    effective ?? intent.map { EffectiveIntent(running: $0.running, paused: $0.paused) }
      ?? EffectiveIntent(running: true, paused: false)
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
