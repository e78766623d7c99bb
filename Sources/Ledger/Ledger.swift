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
  /// How this daemon is named in the ledger.
  let instance: String
  private let isServerReady: @Sendable () async -> Bool
  let lock: InstanceLock
  let maximumCatchUpMilliseconds: Int64
  let retries: RetryPolicy
  let logger: Logger
  /// Users that could not be credited with the others, by interval and run.
  var uncreditedUsers: [Int64: [Int64: CreditFailure]] = [:]
  /// Two intervals that end together would find each other's locks and take them for those of strangers.
  private let ticks = OneAtATime()
  /// A statement that locks the rows of many would find those of another of ours, and take them for
  /// those of strangers: one try of such a write after the other.
  private let writesOfMany = OneAtATime()
  /// Reports under way, by their kind.
  var reports: [Report: Int] = [:]
  private(set) var isPrepared = false
  /// Why keys and checks are not made again before the next start; nil where nothing is in the way.
  var guardsLeft: LedgerError?
  /// Whether other daemons may work beside this one.
  let isShared: Bool

  /// The version of the tables that this program works with.
  public static var schemaVersion: Int { Migration.newest }

  /// - Parameters:
  ///   - settings: for the connections apart from the pools: preparation, lock and health.
  ///   - tickPool: for ticks alone; nil for `pool`.
  ///   - reportPool: for verify and long histories alone; nil for `pool`.
  ///   - instance: the name of this daemon, the same at each start, at most 255 characters.
  ///   - isShared: whether other daemons on this database are meant.
  ///   - maximumCatchUpSeconds: a longer gap is not credited.
  ///   - isServerReady: false while a database of our own is being started.
  ///   - retries: how often, and with what pauses, a statement is sent again.
  public init(
    pool: ConnectionPool, tickPool: ConnectionPool? = nil, reportPool: ConnectionPool? = nil,
    settings: ConnectionSettings, instance: String = "pointsd", isShared: Bool = false,
    maximumCatchUpSeconds: Int, retries: RetryPolicy = RetryPolicy(),
    isServerReady: @escaping @Sendable () async -> Bool = { true }, logger: Logger
  ) {
    self.pool = pool
    self.tickPool = tickPool ?? pool
    self.reportPool = reportPool ?? pool
    self.instance = instance
    self.isShared = isShared
    self.isServerReady = isServerReady
    self.settings = settings
    self.maximumCatchUpMilliseconds = Int64(maximumCatchUpSeconds) * 1000
    self.retries = retries
    self.logger = logger
    self.lock = InstanceLock(
      settings: settings, instance: instance, isShared: isShared, logger: logger)
  }

  /// Takes the lock against a second daemon and brings the database to the schema of this program.
  /// May be called again.
  public func prepare() async throws(LedgerError) {
    guard await isServerReady() else { throw .unavailable("the private database is starting") }
    do {
      try await Schema.make(settings)
      try await lock.acquire()
      try await Schema.prepare(settings, makesLostTables: !isPrepared, logger: logger)
      isPrepared = true
      guardsLeft = nil
      try await lock.announce()
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .unavailable("prepare the database: \(error)")
    }
  }

  public func health() async -> LedgerHealth {
    let health = await lock.health()
    if case .away = health {
      // Of packets that a network loses neither side learns: a connection may be gone.
      for pool in [pool, tickPool, reportPool] { await pool.closeIdle() }
    }
    return health
  }

  /// Gives the lock back, at the end.
  public func close() async { await lock.release() }

  /// Forgets what was known of a ledger that is no longer the one in use.
  func forgetLedger() {
    uncreditedUsers = [:]
  }

  func oneTickAtATime<Result: Sendable>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    try await ticks.run(body)
  }

  /// One try of such a write. One that itself waits for a stranger's lock is not waited for any longer.
  func writingMany<Result: Sendable>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    try await writesOfMany.run(within: .milliseconds(500), body)
  }
}
