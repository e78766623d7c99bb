import Glibc
import Logging
import MariaDB
import Points

/// The ledger on MariaDB: runs, adjustments and intents, and the points that follow from them.
///
/// Every statement of the product is in this module. Changes are transactions under the lock of the
/// user's row in `user_tracking`; ticks credit all users of an interval by one statement. Time is
/// the database's clock alone.
public actor Ledger {
  let pool: ConnectionPool
  /// For ticks, which changes keep no connection from.
  let tickPool: ConnectionPool
  /// For what reads much, and is kept from taking the connections of the others.
  let reportPool: ConnectionPool
  let settings: ConnectionSettings
  private let lock: DaemonLock
  let maximumCatchUpMilliseconds: Int64
  let retries: RetryPolicy
  let logger: Logger
  /// Users that could not be credited with the others, by interval and run.
  var troubles: [Int64: [Int64: CreditFailure]] = [:]
  /// Users whose rows were locked when the ledger was brought to what is wanted.
  var postponed: [LedgerUser] = []
  /// How often in a row users' rows were found missing.
  var missed: [String: Int] = [:]
  private var ticking = false
  private var waitingTicks: [CheckedContinuation<Void, Never>] = []
  /// Reports under way, by their kind.
  var reports: [Report: Int] = [:]
  private var isPrepared = false
  private var healthChecks = 0
  private static let checksPerTriggerCheck = 5
  /// Why triggers could not be made, as it was logged.
  private var triggerFault: String?

  /// The version of the tables that this program works with.
  public static var schemaVersion: Int { Migration.newest }

  /// - Parameters:
  ///   - settings: for the connections apart from the pools: preparation, lock and health.
  ///   - tickPool: for ticks alone; nil for `pool`.
  ///   - reportPool: for verify and long histories alone; nil for `pool`.
  ///   - maximumCatchUpSeconds: a longer gap is not credited.
  ///   - retries: how often, and with what pauses, a statement is sent again.
  public init(
    pool: ConnectionPool, tickPool: ConnectionPool? = nil, reportPool: ConnectionPool? = nil,
    settings: ConnectionSettings, maximumCatchUpSeconds: Int,
    retries: RetryPolicy = RetryPolicy(), logger: Logger
  ) {
    self.pool = pool
    self.tickPool = tickPool ?? pool
    self.reportPool = reportPool ?? pool
    self.settings = settings
    self.maximumCatchUpMilliseconds = Int64(maximumCatchUpSeconds) * 1000
    self.retries = retries
    self.logger = logger
    self.lock = DaemonLock(settings: settings)
  }

  /// Takes the lock against a second daemon and brings the database to the schema of this program.
  /// May be called again.
  ///
  /// Throws `LedgerError`: after `unavailable` trying again may help, anything else needs somebody.
  public func prepare() async throws {
    try await Schema.make(settings)
    try await lock.acquire()
    try await Schema.prepare(settings, makesLostTables: !isPrepared, logger: logger)
    isPrepared = true
    try await lock.announce()
  }

  /// nil when the database answers on the connection that holds the lock; else why not. Asked each
  /// second; now and then it looks after the triggers, which a dump that is loaded takes away.
  public func health() async -> String? {
    if let fault = await lock.health() { return fault }
    healthChecks += 1
    if isPrepared, healthChecks.isMultiple(of: Self.checksPerTriggerCheck) {
      await lookAfterTriggers()
    }
    return nil
  }

  private func lookAfterTriggers() async {
    do {
      let done = try await pool.run { session in
        try session.triggersAreSound() ? [] : try session.repairTriggers()
      }
      for line in done { logger.warning("\(line)", metadata: ["event": "schema"]) }
      triggerFault = nil
    } catch {
      let fault = "edits by hand may go unrecorded, the triggers cannot be made: \(error)"
      if fault != triggerFault { logger.error("\(fault)", metadata: ["event": "schema"]) }
      triggerFault = fault
    }
  }

  /// Gives the lock back, at the end.
  public func close() async { await lock.release() }

  /// Forgets what was known of a ledger that is no longer the one in use.
  func forgetLedger() {
    troubles = [:]
    postponed = []
    missed = [:]
  }

  /// One tick after the other: two intervals that end together would find each other's locks and
  /// take them for trouble.
  func oneTickAtATime<Result: Sendable>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    if ticking {
      await withCheckedContinuation { waitingTicks.append($0) }
    } else {
      ticking = true
    }
    defer {
      if waitingTicks.isEmpty { ticking = false } else { waitingTicks.removeFirst().resume() }
    }
    return try await body()
  }
}
