import MariaDB
import Points
import Synchronization
import TestSupport
import Testing

@testable import Ledger

/// Locks of other people's transactions: one user's are that user's trouble only.
struct LockTests {
  /// What a shell does to the run of Faiz and leaves open.
  private static let holds = [
    "SELECT * FROM runs WHERE user = 'Faiz' FOR UPDATE",
    "SELECT * FROM user_tracking WHERE user = 'Faiz' FOR UPDATE",
    "UPDATE runs SET closed_at = NOW(3), closed_by = 'x' WHERE user = 'Faiz'",
  ]
  private static let insert = """
    INSERT INTO runs (user, points_per_slot, interval_ms, first_slot, last_slot, opened_at, opened_by)
    VALUES ('Faiz', 1, 20000, 0, 0, NOW(3), 'x')
    """

  private func shell(
    _ fixture: LedgerFixture, _ statement: String, _ isolation: String = "REPEATABLE READ"
  ) async throws -> Connection {
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("SET SESSION TRANSACTION ISOLATION LEVEL \(isolation)")
      try session.executeText("BEGIN")
      try session.executeText(statement)
    }
    return shell
  }

  /// Under REPEATABLE READ a shell locks the gaps beside the user's runs, too: neighbours in the
  /// index are credited, but cannot be closed before it ends. A managed database has READ COMMITTED.
  @Test(arguments: holds, ["READ COMMITTED", "REPEATABLE READ"])
  func ticksAndStopLeaveOutTheOneUser(_ statement: String, _ isolation: String) async throws {
    let others = ["Aaa", "Afif", "Zaid", "Zzz"]
    let fixture = try await LedgerFixture.running(["Faiz"] + others)
    let shell = try await shell(fixture, statement, isolation)
    try await fixture.setClock(LedgerFixture.start + 10_000)
    var outcome = try await fixture.tick()
    for _ in 0..<5 { outcome = try await fixture.tick() }
    #expect(Set(outcome.uncreditedUsers.keys) == ["Faiz"])
    #expect(try await fixture.rows(of: others).map(\.points) == [10, 10, 10, 10])
    try await fixture.setClock(LedgerFixture.start + 20_000)
    try await fixture.tick()
    #expect(try await fixture.rows(of: others).map(\.points) == [20, 20, 20, 20])
    let left = try await fixture.ledger.closeRuns(
      of: ["Faiz"] + others, operation: Operation(requestedBy: "test", reason: "stop"))
    #expect(left.locked.contains("Faiz"))
    let closed = try await fixture.texts(
      "SELECT user FROM runs WHERE closed_at IS NOT NULL ORDER BY user")
    let isolated = isolation == "READ COMMITTED" ? others : ["Aaa", "Zzz"]
    #expect(Set(closed).isSuperset(of: isolated), "\(closed)")
    #expect(!closed.contains("Faiz"))
    await shell.close()
    try await fixture.reconcile(["Faiz"] + others)
    try await fixture.tick()
    #expect(try await fixture.points("Faiz") == 20)
    try await fixture.expectClean(["Faiz"] + others)
  }

  @Test func aRunThatIsNotCommittedIsThatUsersTrouble() async throws {
    let fixture = try await LedgerFixture.make()
    try await fixture.setClock(LedgerFixture.start)
    let shell = try await shell(fixture, Self.insert)
    let notices = try await fixture.reconcile(["Afif", "Faiz", "Zaid"])
    #expect(notices.contains { $0.contains("Faiz") })
    #expect(
      try await fixture.texts("SELECT user FROM runs WHERE is_open = 1 ORDER BY user")
        == ["Afif", "Zaid"])
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    #expect(try await fixture.rows(of: ["Afif", "Zaid"]).map(\.points) == [10, 10])
    try await shell.run { try $0.executeText("ROLLBACK") }
    await shell.close()
    try await fixture.setClock(LedgerFixture.start + 20_000)
    try await fixture.tick()
    try await fixture.reconcile(["Afif", "Faiz", "Zaid"])
    #expect(try await fixture.rows(of: ["Afif", "Faiz"]).map(\.points) == [20, 0])
    try await fixture.expectClean(["Afif", "Faiz", "Zaid"])
  }

  /// A group's change leaves out the user whose run another transaction has put in.
  @Test func aGroupsChangeIsMadeToTheOthers() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz", "Zaid"])
    let users = ["Afif", "Faiz", "Zaid"].map {
      LedgerUser(name: $0, terms: LedgerFixture.terms, override: nil)
    }
    func attempt(_ change: Change) async throws -> ChangeReceipt {
      try await fixture.ledger.attempt(
        LedgerChange(
          .change(change, users), operation: Operation(requestedBy: "test", reason: nil)),
        partial: true)
    }
    _ = try await attempt(.stop)
    let shell = try await shell(fixture, Self.insert)
    let outcome = try await attempt(.start)
    #expect(outcome.users.map(\.result) == [.done, .locked, .done])
    #expect(outcome.intents.map(\.user) == ["Afif", "Zaid"])
    await shell.close()
    try await fixture.expectClean(["Afif", "Zaid"])
  }

  /// A tick and a change to all lock the same rows: one waits for the other, and neither takes it
  /// for a stranger.
  @Test func locksOfOurOwnAreNobodysTrouble() async throws {
    let users = (1...500).map { "user\($0)" }
    let terms = AccrualTerms(points: 1, intervalMilliseconds: 20)
    let fixture = try await LedgerFixture.make(connections: 3)
    try await fixture.reconcile(users, terms: terms)
    let ledger = fixture.ledger
    let isOver = Atomic(false)
    defer { isOver.store(true, ordering: .relaxed) }
    let ticks = Task {
      var uncredited: Set<String> = []
      while !isOver.load(ordering: .relaxed) {
        uncredited.formUnion(try await ledger.tick(intervalMilliseconds: 20).uncreditedUsers.keys)
      }
      return uncredited
    }
    for _ in 0..<15 {
      let receipt = try await fixture.apply(.adjust(delta: 1), toAll: users)
      #expect(receipt.users.count { $0.result == .done } == 500)
    }
    isOver.store(true, ordering: .relaxed)
    #expect(try await ticks.value == [])
  }

  @Test func aLockedTableKeepsNobodyWaiting() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let shell = try await fixture.shell()
    try await shell.run { try $0.executeText("LOCK TABLES user_tracking WRITE, runs WRITE") }
    await #expect(throws: LedgerError.self) { _ = try await fixture.ledger.snapshot(of: ["Afif"]) }
    // One verify at a time; this one waits for the lock.
    let first = Task { try await fixture.ledger.verify([]) }
    while await fixture.ledger.reports[.verify] != 1 { await Task.yield() }
    await #expect(
      throws: LedgerError.unavailable(
        "a verify is under way already; try again when it is done")
    ) { try await fixture.ledger.verify([]) }
    await #expect(throws: LedgerError.self) { _ = try await first.value }
    await shell.close()
    try await fixture.expectClean(["Afif"])
  }

  /// Ours end by themselves when the daemon is cut off.
  @Test func transactionsOfOursEndWithTheirClient() async throws {
    let fixture = try await LedgerFixture.make()
    #expect(
      try await fixture.texts(
        "SELECT CONCAT(@@idle_transaction_timeout, ' ', @@lock_wait_timeout)") == ["20 1"])
  }

  @Test func verifyIsOnePassOverTheRuns() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.pool.run { session in
      try session.executeText(
        """
        INSERT INTO runs (user, points_per_slot, interval_ms, first_slot, last_slot, opened_at,
        opened_by, closed_at) SELECT 'Faiz', 10, 10000, seq * 2, seq * 2 + 1, NOW(3), 'x', NOW(3)
        FROM seq_1_to_20000
        """)
      try session.executeText("INSERT INTO user_tracking (user, points) VALUES ('Faiz', 200000)")
    }
    let before = try await fixture.pool.run { $0.statementCount }
    try await fixture.expectClean(["Afif"])
    #expect(try await fixture.pool.run { $0.statementCount } - before < 12)
  }
}
