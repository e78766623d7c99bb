import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// Everything at once on the same rows, without and with the server's snapshot isolation, which
/// refuses to write what another transaction changed since it was read (error 1020). MariaDB 11.8
/// has it on, 10.11 off.
struct SnapshotIsolationTests {
  private static let users = ["Afif", "Faiz", "Irfan"]
  private static let terms = AccrualTerms(points: 10, intervalMilliseconds: 1)
  private static let rounds = 30

  @Test(arguments: [false, true])
  func everythingAtOnceCountsOnce(isIsolated: Bool) async throws {
    let server = try await PrivateDatabase.start()
    try await server.asOperator {
      try $0.executeText("SET GLOBAL innodb_snapshot_isolation = \(isIsolated ? "ON" : "OFF")")
    }
    let fixture = try await LedgerFixture.make(connections: 4, on: server)
    #expect(
      try await fixture.texts("SELECT IF(@@innodb_snapshot_isolation, 'on', 'off')")
        == [isIsolated ? "on" : "off"])
    try await fixture.reconcile(Self.users, terms: Self.terms)
    let ledger = Ledger(
      pool: fixture.pool, settings: fixture.settings, maximumCatchUpSeconds: 86_400,
      retries: RetryPolicy(attempts: 20, clock: ImpatientClock()), logger: LedgerFixture.quietLogger
    )

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for _ in 0..<(4 * Self.rounds) {
          _ = try await ledger.tick(intervalMilliseconds: Self.terms.intervalMilliseconds)
        }
      }
      for user in Self.users {
        group.addTask { try await Self.change(user, by: ledger) }
        group.addTask { try await Self.edit(user, in: fixture) }
      }
      group.addTask {
        for _ in 0..<5 { _ = try await ledger.verify([]) }
      }
      try await group.waitForAll()
    }
    let sums = try await fixture.texts(
      "SELECT CONCAT(source, ' ', SUM(delta)) FROM adjustments GROUP BY source ORDER BY source")
    let count = Self.users.count * Self.rounds
    #expect(sums == ["hand \(2 * count)", "operation \(7 * count)"])
    try await fixture.expectClean(Self.users)
    await fixture.pool.close()
  }

  /// Adjustments, each beside a pause and a resumption; the user runs afterwards.
  private static func change(_ user: String, by ledger: Ledger) async throws {
    for _ in 0..<rounds {
      for change in [Change.pause, .adjust(delta: 7), .resume] {
        let asked = LedgerChange(
          .change(change, [LedgerUser(name: user, terms: terms, override: nil)]),
          operation: Operation(requestedBy: "test", reason: nil))
        try await persist(asked, on: ledger)
      }
    }
  }

  /// Tries again for as long as it was surely not done.
  private static func persist(_ change: LedgerChange, on ledger: Ledger) async throws {
    while true {
      do throws(LedgerError) {
        _ = try await ledger.attempt(change, partial: false)
        return
      } catch {
        switch error {
        case .unavailable, .locked: continue
        default: throw error
        }
      }
    }
  }

  /// What a person does: an edit, and an edit after a look in the same transaction, which is done
  /// again when somebody else was faster.
  private static func edit(_ user: String, in fixture: LedgerFixture) async throws {
    let shell = try await fixture.shell()
    for _ in 0..<rounds {
      for looksFirst in [false, true] {
        try await again {
          try await shell.run { session in
            try session.executeText("ROLLBACK")
            try session.executeText("BEGIN")
            if looksFirst {
              _ = try session.query("SELECT CAST(points AS CHAR) FROM user_tracking") {
                try $0.text(0)
              }
            }
            try session.executeText(
              "UPDATE user_tracking SET points = points + 1 WHERE user = '\(user)'")
            try session.executeText("COMMIT")
          }
        }
      }
    }
    await shell.close()
  }

  private static func again(_ body: () async throws -> Void) async throws {
    for _ in 0..<1000 {
      do {
        return try await body()
      } catch let error as DatabaseError where error.isLock {
        continue
      }
    }
    throw TestFault("a row stays locked")
  }
}
