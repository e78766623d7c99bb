import Glibc
import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct TickTests {
  @Test func creditsEachBoundaryOnce() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    #expect(try await fixture.tick().rows.isEmpty)

    try await fixture.setClock(LedgerFixture.start + 9_999)
    #expect(try await fixture.tick().rows.isEmpty)

    try await fixture.setClock(LedgerFixture.start + 10_000)
    let outcome = try await fixture.tick()
    #expect(outcome.rows.map(\.points) == [10, 10])
    #expect(Set(outcome.rows.map(\.user)) == ["Afif", "Faiz"])
    #expect(outcome.databaseMilliseconds == LedgerFixture.start + 10_000)
    #expect(
      outcome.rows[0].stamp
        == DateTimeStamp(millisecondsSinceEpoch: LedgerFixture.start + 10_000))

    #expect(try await fixture.tick().rows.isEmpty)
    try await fixture.setClock(LedgerFixture.start + 75_000)
    #expect(try await fixture.tick().rows.map(\.points) == [70, 70])
    try await fixture.expectClean(["Afif", "Faiz"])
  }

  @Test func creditsOnlyItsInterval() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let fast = AccrualTerms(points: 3, intervalMilliseconds: 100)
    try await fixture.reconcile(["Faiz"], terms: fast)
    try await fixture.setClock(LedgerFixture.start + 10_000)
    #expect(try await fixture.tick(100).rows.map(\.points) == [300])
    #expect(try await fixture.points("Afif") == 0)
    #expect(try await fixture.tick().rows.map(\.points) == [10])
  }

  /// The order of assignments in an UPDATE of several tables is not promised.
  @Test(arguments: TickStatements.JoinOrder.allCases, [true, false])
  func isRightInAnyOrderOfTables(
    _ order: TickStatements.JoinOrder, simultaneously: Bool
  ) async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz", "Irfan"])
    try await fixture.setClock(LedgerFixture.start + 30_000)
    let changed = try await fixture.pool.run { session in
      if !simultaneously { try session.executeText("SET sql_mode = 'STRICT_ALL_TABLES'") }
      let sql = TickStatements.credit(.allBut(count: 0), order: order)
      let values = TickStatements.creditValues(
        interval: 10_000, token: 1, creditableSlots: 8640, runs: [])
      return [try session.execute(sql, values), try session.execute(sql, values)]
    }
    // Three runs and three rows; nothing the second time.
    #expect(changed == [6, 0])
    #expect(try await fixture.points("Irfan") == 30)
    try await fixture.expectClean(["Afif", "Faiz", "Irfan"])
  }

  @Test func isOneWriteAndOneReadForAThousandUsers() async throws {
    let users = (1...1000).map { "user \($0)" }
    let fixture = try await LedgerFixture.running(users)
    try await fixture.setClock(LedgerFixture.start + 20_000)
    let before = try await fixture.pool.run { $0.statementCount }
    let outcome = try await fixture.tick()
    let after = try await fixture.pool.run { $0.statementCount }
    #expect(after - before == 2)
    #expect(outcome.rows.count == 1000)
    #expect(outcome.rows.allSatisfy { $0.points == 20 })
    try await fixture.expectClean(users)
  }

  /// How long it takes is printed, not judged.
  @Test(.enabled(if: getenv("POINTSD_TIMINGS") != nil)) func tenThousandUsers() async throws {
    let users = (1...10_000).map { "user \($0)" }
    let clock = ContinuousClock()
    let fixture = try await LedgerFixture.make()
    try await fixture.setClock(LedgerFixture.start)
    print("reconcile of 10,000:", try await clock.measure { try await fixture.reconcile(users) })
    for slot in 1...5 {
      try await fixture.setClock(LedgerFixture.start + Int64(slot) * 10_000)
      print("tick of 10,000:", try await clock.measure { try await fixture.tick() })
    }
    print("verify of 10,000:", try await clock.measure { try await fixture.expectClean(users) })
    let stop = Operation(requestedBy: "test", reason: nil)
    print(
      "clean stop of 10,000:",
      try await clock.measure { _ = try await fixture.ledger.closeRuns(of: users, operation: stop) }
    )
    try await fixture.expectClean([])
  }

  @Test func leavesOutALockedUserAndNamesIt() async throws {
    let users = ["Afif", "Faiz", "Irfan"]
    let fixture = try await LedgerFixture.running(users)
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.execute("UPDATE user_tracking SET points = points WHERE user = 'Faiz'")
      try session.execute("SELECT points FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    try await fixture.setClock(LedgerFixture.start + 10_000)
    let first = try await fixture.tick()
    #expect(Set(first.rows.map(\.user)) == ["Afif", "Irfan"])
    #expect(first.isUnfinished)
    #expect(first.uncreditedUsers.isEmpty)
    #expect(try await fixture.tick().isUnfinished)
    // A lock that stays is a trouble.
    let third = try await fixture.tick()
    #expect(third.uncreditedUsers.keys.sorted() == ["Faiz"])
    #expect(third.uncreditedUsers["Faiz"]?.contains("locked") == true)

    try await fixture.setClock(LedgerFixture.start + 20_000)
    let later = try await fixture.tick()
    #expect(Set(later.rows.map(\.user)) == ["Afif", "Irfan"])
    #expect(later.rows.allSatisfy { $0.points == 20 })

    try await shell.run { try $0.executeText("ROLLBACK") }
    let freed = try await fixture.tick()
    #expect(freed.rows == [PointsRow(user: "Faiz", points: 20, stamp: freed.rows.first?.stamp)])
    #expect(freed.uncreditedUsers.isEmpty)
    #expect(!freed.isUnfinished)
    try await fixture.setClock(LedgerFixture.start + 30_000)
    #expect(try await fixture.tick().rows.count == 3)
    try await fixture.expectClean(users)
    await shell.close()
  }

  @Test func leavesOutAUserAtTheTopOfBigintAndNamesIt() async throws {
    let users = ["Afif", "Faiz"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.byHand(
      "UPDATE user_tracking SET points = \(Int64.max - 5) WHERE user = 'Faiz'")
    for slot in 1...3 {
      try await fixture.setClock(LedgerFixture.start + Int64(slot) * 10_000)
      let outcome = try await fixture.tick()
      #expect(outcome.rows.map(\.user) == ["Afif"])
      #expect(outcome.rows.map(\.points) == [Int64(slot) * 10])
      #expect(outcome.uncreditedUsers["Faiz"]?.contains("largest number") == true)
    }
    try await fixture.expectClean(users)
    try await fixture.byHand("UPDATE user_tracking SET points = 7 WHERE user = 'Faiz'")
    let outcome = try await fixture.tick()
    #expect(outcome.rows.map(\.points) == [37])
    #expect(outcome.uncreditedUsers.isEmpty)
    try await fixture.expectClean(users)
  }

  @Test func paysNothingWhileTheClockIsSetBack() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 50_000)
    #expect(try await fixture.tick().rows.map(\.points) == [50])
    try await fixture.setClock(LedgerFixture.start + 20_000)
    #expect(try await fixture.tick().rows.isEmpty)
    // Over a stop and a start too.
    try await fixture.apply(.stop, "Afif")
    try await fixture.apply(.start, "Afif")
    try await fixture.setClock(LedgerFixture.start + 55_000)
    #expect(try await fixture.tick().rows.isEmpty)
    try await fixture.setClock(LedgerFixture.start + 60_000)
    #expect(try await fixture.tick().rows.map(\.points) == [60])
    try await fixture.expectClean(["Afif"])
  }

  @Test func writesOffAGapThatIsTooLong() async throws {
    let users = ["Afif", "Faiz"]
    let fixture = try await LedgerFixture.running(users, maximumCatchUpSeconds: 60)
    try await fixture.setClock(LedgerFixture.start + 60_000)
    #expect(try await fixture.tick().rows.map(\.points) == [60, 60])
    try await fixture.setClock(LedgerFixture.start + 60_000 + 70_000)
    let outcome = try await fixture.tick()
    #expect(outcome.rows.map(\.points) == [60, 60])
    #expect(outcome.notices.count == 2)
    #expect(outcome.notices.allSatisfy { $0.contains("70 s") })
    try await fixture.setClock(LedgerFixture.start + 60_000 + 80_000)
    #expect(try await fixture.tick().rows.map(\.points) == [70, 70])
    let verification = try await fixture.verification(of: users, earning: Set(users))
    #expect(verification.differences.isEmpty)
    #expect(verification.notices.count == 2)
  }

  @Test func makesAMissingRowAgain() async throws {
    let users = ["Afif", "Faiz"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.setClock(LedgerFixture.start + 20_000)
    try await fixture.tick()
    try await fixture.byHand("DELETE FROM user_tracking WHERE user = 'Afif'")
    try await fixture.setClock(LedgerFixture.start + 30_000)
    let outcome = try await fixture.tick()
    #expect(outcome.rows.first { $0.user == "Afif" }?.points == 10)
    #expect(outcome.rows.first { $0.user == "Faiz" }?.points == 30)
    #expect(outcome.notices.count == 1)
    try await fixture.expectClean(users)
  }

  @Test func reportsAndMendsTruncate() async throws {
    let users = ["Afif", "Faiz"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.setClock(LedgerFixture.start + 20_000)
    try await fixture.tick()
    try await fixture.byHand("TRUNCATE user_tracking")
    let before = try await fixture.verification(of: users, earning: Set(users))
    #expect(before.differences.map(\.kind) == [.missingRow, .missingRow])
    try await fixture.setClock(LedgerFixture.start + 30_000)
    #expect(try await fixture.tick().rows.map(\.points) == [30, 30])
    let after = try await fixture.verification(of: users, earning: Set(users))
    #expect(after.differences.isEmpty)
    #expect(after.notices.count == 2)
  }

  @Test func twoDaemonsPayOnce() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    let other = Ledger(
      pool: fixture.pool, settings: fixture.settings, maximumCatchUpSeconds: 86_400,
      logger: LedgerFixture.quietLogger)
    for slot in 1...5 {
      try await fixture.setClock(LedgerFixture.start + Int64(slot) * 10_000)
      async let first = fixture.tick()
      async let second = other.tick(intervalMilliseconds: 10_000)
      #expect(try await first.rows.count + second.rows.count == 2)
    }
    #expect(try await fixture.points("Afif") == 50)
    try await fixture.expectClean(["Afif", "Faiz"])
  }
}
