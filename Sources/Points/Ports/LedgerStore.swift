/// What the supervisor asks of the ledger.
///
/// Every change settles first: slots up to the present are credited under the terms of the open
/// run, then the change is made, in one transaction.
public protocol LedgerStore: Sendable {
  /// Makes the database ready: the lock against a second daemon, the tables. Called again until it
  /// succeeds, and whenever the database comes back.
  ///
  /// Throws `unavailable` when trying again may help and `refused` while another daemon works on
  /// this database; any other error needs a person.
  func prepare() async throws(LedgerError)

  /// Whether the database answers on the connection that holds the lock.
  func health() async -> LedgerHealth

  /// What rows, intents and open runs of this instance's users come to, by one statement.
  func digest() async throws(LedgerError) -> LedgerDigest

  /// What the ledger holds, read at one moment.
  func snapshot(of users: [String]) async throws(LedgerError) -> LedgerSnapshot

  /// Brings rows, intents and runs of some users to what is wanted, in one transaction: what is
  /// missing is made, runs are opened, closed, or closed and opened where the terms changed, gaps
  /// longer than the longest catch-up written off. Users that another transaction has locked are
  /// left out.
  ///
  /// Idempotent: called again it changes nothing but what was earned meanwhile.
  /// - Parameter closing: users whose runs are closed because nobody serves them any more.
  func repair(
    _ users: [LedgerUser], closing: [String], operation: Operation
  ) async throws(LedgerError) -> RepairOutcome

  /// Makes what protects the ledger from edits by hand, where it is missing or not ours: triggers that
  /// record them, keys and checks that refuse what cannot be.
  /// - Returns: one line for each thing that was done.
  func repairProtection() async throws(LedgerError) -> [String]

  /// Notes that this instance serves exactly these users.
  func serve(_ users: [String]) async throws(LedgerError)

  /// Credits every open run of this interval with the slots that passed, by one write, and reads
  /// the changed rows and the database's time, by one read. Idempotent.
  func tick(intervalMilliseconds: Int64) async throws(LedgerError) -> TickOutcome

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

  /// What changed intents and points, newest first.
  func audit(_ selection: AuditSelection) async throws(LedgerError) -> [AuditEntry]

  /// Settles and closes the open runs that the database has, but those of users that other
  /// instances serve, in one transaction: the clean stop. When none is left open, this instance serves
  /// nobody from then on. Called again it changes nothing more.
  /// - Parameter users: whom this daemon serves, as far as it knows: a reload may have opened runs
  ///   of others just now.
  func closeRuns(of users: [String], operation: Operation) async throws(LedgerError) -> OpenRuns

  /// Replaces the ledger by that of a backup, all of it or, with an error other than `unknown`,
  /// nothing; its open runs are closed where they stood.
  /// - Parameters:
  ///   - users: the configured users; others that the backup has are named.
  ///   - progress: called with what is done next, for the operator.
  func restore(
    _ content: BackupContent, users: [String], operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws

  /// Whether the ledger in use is the one that a restore made; afterwards that does not change.
  /// Throws `LedgerError` while it is not known.
  func restoreTookPlace(_ operation: String) async throws -> Bool

  /// A user's history, oldest first.
  func history(of user: String, range: HistoryRange) async throws -> [HistoryPoint]

  /// Checks the ledger in one snapshot.
  /// - Parameter users: the configured users; whether a run is open is compared with the intent in
  ///   the same snapshot.
  func verify(_ users: [LedgerUser]) async throws -> Verification
}

/// Whether the ledger may be worked on.
public enum LedgerHealth: Sendable, Hashable {
  case available
  /// The database does not answer, for this reason.
  case away(String)
  /// Another daemon works on this database; it is named.
  case taken(String)
}

/// Which operations are asked for.
public enum OperationSelection: Sendable, Hashable {
  /// The newest ones, at most so many, 1 to 1,000.
  case latest(Int)
  case identifier(String)
  /// That of a client's key.
  case key(String, account: String)
}

/// What came of bringing some users to what is wanted.
public struct RepairOutcome: Sendable, Hashable {
  /// One line for each thing an operator should know.
  public var notices: [String]
  /// Users that were left out, each with its reason.
  public var failures: [String: String]

  public init(notices: [String] = [], failures: [String: String] = [:]) {
    self.notices = notices
    self.failures = failures
  }
}

/// Runs of a daemon's users that a clean stop leaves open.
public struct OpenRuns: Sendable, Hashable {
  /// Users whom another transaction has locked.
  public var locked: [String]
  /// Users whom other instances serve as well, by the instance's name.
  public var servedElsewhere: [String: [String]]

  public init(locked: [String] = [], servedElsewhere: [String: [String]] = [:]) {
    self.locked = locked
    self.servedElsewhere = servedElsewhere
  }
}

/// What one tick did.
public struct TickOutcome: Sendable, Hashable {
  /// Rows that changed, as they are now.
  public let rows: [PointsRow]
  /// Users that could not be credited, each with its reason.
  public let uncreditedUsers: [String: String]
  /// The database's clock after the write, in milliseconds since 1970-01-01 UTC.
  public let databaseMilliseconds: Int64
  /// Gaps that were too long to be credited, one line each.
  public let notices: [String]
  /// Slots ended while the tick was at work, or rows were locked for a moment: the next tick is
  /// due at once.
  public let isUnfinished: Bool

  public init(
    rows: [PointsRow], uncreditedUsers: [String: String], databaseMilliseconds: Int64,
    notices: [String], isUnfinished: Bool = false
  ) {
    self.rows = rows
    self.uncreditedUsers = uncreditedUsers
    self.databaseMilliseconds = databaseMilliseconds
    self.notices = notices
    self.isUnfinished = isUnfinished
  }
}
