import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// Replies to commits get lost: the main way to count twice.
struct LostReplyTests {
  private static let users = ["Afif", "Faiz", "Irfan"]
  private static let terms = AccrualTerms(points: 10, intervalMilliseconds: 100)

  /// A ledger that speaks through a proxy losing 30 % of the replies, and the same one directly.
  private func make() async throws -> (
    direct: LedgerFixture, proxy: CommitDroppingProxy, through: Ledger, pool: ConnectionPool
  ) {
    let direct = try await LedgerFixture.make(connections: 2)
    try await direct.reconcile(Self.users, terms: Self.terms)
    let proxy = try CommitDroppingProxy(before: direct.settings, percent: 30, seed: 42)
    let pool = ConnectionPool(settings: proxy.settings, size: 2)
    let through = Ledger(
      pool: pool, settings: proxy.settings, maximumCatchUpSeconds: 86_400,
      retries: RetryPolicy(attempts: 20, clock: ImpatientClock()),
      logger: LedgerFixture.quietLogger)
    return (direct, proxy, through, pool)
  }

  /// Sets the database's clock a slot on for all, by moving the runs a slot back.
  private func passOneSlot(_ fixture: LedgerFixture) async throws {
    _ = try await fixture.pool.run {
      try $0.execute("UPDATE runs SET first_slot = first_slot - 1, last_slot = last_slot - 1")
    }
  }

  @Test func ticksAndChangesCountOnce() async throws {
    let (direct, proxy, ledger, pool) = try await make()
    for round in 0..<60 {
      try await passOneSlot(direct)
      _ = try await ledger.tick(intervalMilliseconds: 100)
      let operation = Operation(requestedBy: "test", reason: "round \(round)")
      let user = Self.users[round % 3]
      let changes: [Change] = [.adjust(delta: 7), .pause, .resume, .stop, .start]
      try await persist(changes[round % 5], user, operation, on: ledger)
    }
    for user in Self.users {
      for change in [Change.resume, .start] {
        try await persist(change, user, Operation(requestedBy: "test", reason: nil), on: ledger)
      }
    }
    #expect(proxy.dropped > 10)
    #expect(
      try await direct.texts("SELECT CAST(COUNT(*) AS CHAR) FROM operations") == ["66"])
    #expect(
      try await direct.texts("SELECT CAST(SUM(delta) AS CHAR) FROM adjustments")
        == ["\(7 * 12)"])
    try await direct.expectClean(Self.users)
    await pool.close()
  }

  /// Tries until the outcome is known.
  private func persist(
    _ change: Change, _ user: String, _ operation: Operation, on ledger: Ledger
  ) async throws {
    let change = LedgerChange(
      .change(change, [LedgerUser(name: user, terms: Self.terms, override: nil)]),
      operation: operation)
    while true {
      do throws(LedgerError) {
        _ = try await ledger.attempt(change, partial: false)
        return
      } catch {
        switch error {
        case .unknown, .unavailable: continue
        default: throw error
        }
      }
    }
  }

  /// The counter-proof: what the design is against, and that the check finds it.
  @Test func theCheckFindsANaiveTickThatCountsTwice() async throws {
    let (direct, proxy, _, pool) = try await make()
    for _ in 0..<30 {
      try await passOneSlot(direct)
      try await naiveTick(pool)
    }
    #expect(proxy.dropped > 3)
    let verification = try await direct.verification(
      of: Self.users, earning: Set(Self.users))
    #expect(Set(verification.differences.map(\.user)) == Set(Self.users))
    #expect(verification.differences.contains { $0.kind == .points })
    await pool.close()
  }

  /// Adds points and moves the runs on, and does it again when it gets no reply.
  private func naiveTick(_ pool: ConnectionPool) async throws {
    while true {
      do {
        try await pool.transaction { session in
          try session.execute("UPDATE user_tracking SET points = points + 10")
          try session.execute(
            """
            UPDATE runs SET last_slot = CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) DIV 100 \
            WHERE is_open = 1
            """)
        }
        return
      } catch let error as DatabaseError where error.kind == .unknown {
        continue
      }
    }
  }
}

/// A clock whose sleeps are over at once.
struct ImpatientClock: Clock {
  typealias Instant = ContinuousClock.Instant
  var now: Instant { ContinuousClock.now }
  var minimumResolution: Duration { .nanoseconds(1) }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    await Task.yield()
  }
}
