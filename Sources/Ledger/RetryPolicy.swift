import MariaDB
import Metrics
import Points
import Telemetry

/// How often a statement is sent again, and with what pauses.
public struct RetryPolicy: Sendable {
  let attempts: Int
  let clock: any Clock<Duration>
  let random: @Sendable () -> Double

  /// - Parameters:
  ///   - attempts: tries in all, at least 1.
  ///   - random: a number from 0 to 1, for jitter.
  public init(
    attempts: Int = 5, clock: any Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    self.attempts = attempts
    self.clock = clock
    self.random = random
  }

  /// The pause after a failed try: doubled each time, half of it by chance.
  func pause(afterAttempt attempt: Int) -> Duration {
    let longest = Double(min(500, 20 << min(attempt, 5)))
    return .milliseconds(Int64(longest / 2 + longest / 2 * random()))
  }
}

extension RetryPolicy {
  private static let retriesMetric = Metric(
    "pointsd_ledger_retries_total", help: "Statements sent again, by MariaDB's error number.")

  /// Runs `body` until it succeeds, fails for good, or the tries are used up.
  ///
  /// A try whose outcome is not known is repeated like one that was not done: every change is
  /// recognised by its operation, and everything else changes nothing the second time.
  ///
  /// A read is kept waiting by a lock only where a whole table is locked; then it fails at once, so
  /// that who asked has an answer in time.
  func run<Result: Sendable>(
    _ what: String, reads: Bool = false, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Result
  ) async throws -> Result {
    var attempt = 1
    while true {
      do {
        return try await body()
      } catch let error as DatabaseError {
        guard attempt < attempts, error.isWorthRetrying, !(reads && error.isLock) else {
          throw LedgerError(error, doing: what)
        }
        Self.retriesMetric.counter([("error", String(error.code))]).increment()
        try await clock.sleep(for: pause(afterAttempt: attempt))
        attempt += 1
      }
    }
  }
}

extension DatabaseError {
  /// A lock that was not got in time.
  var isLock: Bool { code == 1205 || code == 1213 || code == 1020 }

  /// Points would leave the range of the column, or of the calculation.
  var isRange: Bool { [1264, 1690, 1916, 4025].contains(code) }

  /// Whether another try on the spot may help. One that cannot even connect is not: the pool has
  /// pauses of its own.
  var isWorthRetrying: Bool {
    switch kind {
    // A duplicate key that is not the operation's comes from another writer that was faster.
    case .unknown, .alreadyDone: true
    case .notDone: isLock || endsConnection || [1243, 1317, 1412, 1615].contains(code)
    case .never: false
    }
  }
}

extension LedgerError {
  /// The error for the operator when the database did not do what was asked.
  init(_ error: DatabaseError, doing what: String) {
    switch error.kind {
    case .notDone where error.isLock:
      self = .locked(
        "\(what): a row is locked by another transaction, such as one left open in a SQL shell;"
          + " end it by COMMIT or ROLLBACK and try again (\(error))")
    case .notDone, .unknown: self = .unavailable("\(what): \(error)")
    case .never where error.remedy != nil:
      self = .unavailable("\(what): \(error.remedy ?? "") (\(error))")
    case .alreadyDone, .never: self = .failed("\(what): \(error)")
    }
  }
}

/// Turns what the database module throws into what the ledger's callers expect.
func translated<Result>(
  _ what: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async throws -> Result {
  do {
    return try await body()
  } catch let error as DatabaseError {
    throw LedgerError(error, doing: what)
  }
}
