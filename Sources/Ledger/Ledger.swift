import Logging
import MariaDB
import Metrics
import Points

/// The ledger on MariaDB: runs, adjustments and intents, and the points that follow from them.
///
/// Every statement of the product is in this module. Changes are transactions under the lock of the
/// user's row in `user_tracking`; ticks credit all users of an interval by one statement. Time is
/// the database's clock alone.
public actor Ledger {
  let pool: ConnectionPool
  let maximumCatchUpMilliseconds: Int64
  let retries: RetryPolicy
  let logger: Logger
  /// Users that could not be credited with the others, by interval and run.
  var troubles: [Int64: [Int64: Trouble]] = [:]
  /// Users whose rows were locked when the ledger was brought to what is wanted.
  var postponed: [LedgerUser] = []
  private var ticking = false
  private var waitingTicks: [CheckedContinuation<Void, Never>] = []

  /// - Parameters:
  ///   - maximumCatchUpMilliseconds: a longer gap is not credited.
  ///   - retries: how often, and with what pauses, a statement is sent again.
  public init(
    pool: ConnectionPool, maximumCatchUpMilliseconds: Int64, retries: RetryPolicy = RetryPolicy(),
    logger: Logger
  ) {
    self.pool = pool
    self.maximumCatchUpMilliseconds = maximumCatchUpMilliseconds
    self.retries = retries
    self.logger = logger
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
