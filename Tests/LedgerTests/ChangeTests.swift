import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct ChangeTests {
  @Test func settlesBeforeItStops() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 25_000)
    let result = try await fixture.apply(.stop, "Afif", reason: "holiday")
    #expect(result.row.points == 20)
    #expect(!result.intent.running)
    #expect(result.intent.reason == "holiday")
    #expect(result.intent.revision == 2)
    // Stopped time earns nothing.
    try await fixture.setClock(LedgerFixture.start + 95_000)
    try await fixture.tick()
    #expect(try await fixture.apply(.start, "Afif").row.points == 20)
    try await fixture.setClock(LedgerFixture.start + 100_000)
    try await fixture.tick()
    #expect(try await fixture.points("Afif") == 30)
    try await fixture.expectClean(["Afif"])
  }

  @Test func pauseIsKeptOverStopAndStart() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    #expect(try await fixture.apply(.pause, "Afif").intent.paused)
    #expect(try await !fixture.apply(.stop, "Afif").intent.running)
    let started = try await fixture.apply(.start, "Afif").intent
    #expect(started.running && started.paused)
    try await fixture.expectClean([])
    #expect(try await fixture.apply(.resume, "Afif").intent.earning)
    try await fixture.expectClean(["Afif"])
    #expect(
      try await fixture.ledger.snapshot(of: ["Afif", "nobody"]).intents.map(\.revision) == [5])
  }

  @Test func aProfileOverridesTheKeptIntent() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let stopped = ProfileOverride(running: false, revision: 1)
    let result = try await fixture.apply(.pause, "Afif", override: stopped)
    #expect(!result.intent.running && result.intent.paused)
    // Something was asked since: it no longer holds.
    let started = try await fixture.apply(
      .start, "Afif", override: ProfileOverride(running: false, revision: 1))
    #expect(started.intent.running && started.intent.paused)
    let resumed = try await fixture.apply(
      .resume, "Afif", override: ProfileOverride(running: false, revision: 1))
    #expect(resumed.intent.running && !resumed.intent.paused)
  }

  @Test func resetIsAnAdjustmentOfTheSettledPoints() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 35_000)
    #expect(try await fixture.apply(.reset, "Afif", reason: "new season").row.points == 0)
    #expect(
      try await fixture.texts(
        "SELECT CONCAT_WS('|', delta, source, made_by, reason) FROM adjustments")
        == ["-30|operation|tester|new season"])
    try await fixture.setClock(LedgerFixture.start + 40_000)
    try await fixture.tick()
    #expect(try await fixture.points("Afif") == 10)
    try await fixture.expectClean(["Afif"])
  }

  @Test func adjustNeverGoesBelowZeroNorBeyondTheTop() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 30_000)
    await #expect(throws: LedgerError.self) { try await fixture.apply(.adjust(delta: -31), "Afif") }
    #expect(try await fixture.points("Afif") == 0)
    #expect(try await fixture.apply(.adjust(delta: -30), "Afif").row.points == 0)
    await #expect(throws: LedgerError.self) {
      try await fixture.apply(.adjust(delta: Int64.min), "Afif")
    }
    #expect(try await fixture.apply(.adjust(delta: Int64.max), "Afif").row.points == Int64.max)
    await #expect(throws: LedgerError.self) { try await fixture.apply(.adjust(delta: 1), "Afif") }
    try await fixture.expectClean(["Afif"])
  }

  @Test func aUserAtTheTopCanBeStoppedAndReset() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.apply(.adjust(delta: Int64.max - 15), "Afif")
    try await fixture.setClock(LedgerFixture.start + 30_000)
    #expect(try await fixture.apply(.stop, "Afif").row.points == Int64.max - 5)
    try await fixture.expectClean([])
    try await fixture.apply(.start, "Afif")
    try await fixture.setClock(LedgerFixture.start + 60_000)
    #expect(try await fixture.apply(.reset, "Afif").row.points == 0)
    try await fixture.expectClean(["Afif"])
  }

  @Test(arguments: [Change.reset, .adjust(delta: 5), .pause, .stop, .start])
  func isMadeOnceHoweverOftenItIsSent(_ change: Change) async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.apply(.adjust(delta: 100), "Afif")
    let id = Operation.makeID()
    let first = try await fixture.apply(change, "Afif", id: id)
    let second = try await fixture.apply(change, "Afif", id: id)
    #expect(first.row.points == second.row.points)
    #expect(first.intent.revision == second.intent.revision)
    #expect(
      try await fixture.texts("SELECT CAST(COUNT(*) AS CHAR) FROM operations") == ["2"])
  }

  @Test func keepsPointsOverAChangeOfTerms() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 45_000)
    // Boundaries of 30 s lie 10, 40, 70 … s after the start.
    try await fixture.reconcile(
      ["Afif"], terms: AccrualTerms(points: 7, intervalMilliseconds: 30_000))
    #expect(try await fixture.points("Afif") == 40)
    try await fixture.setClock(LedgerFixture.start + 70_000)
    try await fixture.tick(30_000)
    #expect(try await fixture.points("Afif") == 47)
    try await fixture.reconcile(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 80_000)
    try await fixture.tick()
    #expect(try await fixture.points("Afif") == 57)
    try await fixture.expectClean(["Afif"])
  }

  /// A boundary that one run was paid for is not paid again by one with longer slots.
  @Test func neverPaysTwiceWhenTheClockGoesBackOverAChangeOfTerms() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let long = AccrualTerms(points: 1, intervalMilliseconds: 30_000)
    let short = AccrualTerms(points: 1, intervalMilliseconds: 7_000)
    for (moment, terms) in [
      (100_000, long), (40_000, short), (95_000, long), (50_000, LedgerFixture.terms),
      (101_000, short), (119_000, long), (200_000, short),
    ] {
      try await fixture.setClock(LedgerFixture.start + Int64(moment))
      try await fixture.reconcile(["Afif"], terms: terms)
      try await fixture.tick(terms.intervalMilliseconds)
    }
    try await fixture.expectClean(["Afif"])
  }

  @Test func closesRunsAtACleanStop() async throws {
    let users = ["Afif", "Faiz", "Irfan"]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.setClock(LedgerFixture.start + 25_000)
    let stop = Operation(requestedBy: "pointsd", reason: "clean stop")
    for _ in 0..<2 {
      #expect(try await fixture.ledger.closeRuns(of: users, operation: stop).locked == [])
    }
    try await fixture.expectClean([])
    #expect(try await fixture.points("Irfan") == 20)
    // The intents are kept: the users run again at the next start.
    try await fixture.setClock(LedgerFixture.start + 125_000)
    try await fixture.reconcile(users)
    try await fixture.setClock(LedgerFixture.start + 130_000)
    try await fixture.tick()
    #expect(try await fixture.points("Irfan") == 30)
    try await fixture.expectClean(users)
  }

  @Test func aLockedUserKeepsNoOtherRunOpenAtACleanStop() async throws {
    let users = ["Afif", "Faiz", "Irfan"]
    let fixture = try await LedgerFixture.running(users)
    let shell = try await fixture.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.execute("SELECT points FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    let stop = Operation(requestedBy: "pointsd", reason: "clean stop")
    #expect(try await fixture.ledger.closeRuns(of: users, operation: stop).locked == ["Faiz"])
    try await fixture.expectClean(["Faiz"])
    await shell.close()
    #expect(try await lockedAtLast(fixture, users) == [])
    try await fixture.expectClean([])
  }

  @Test func aCleanStopNamesWhomATransactionMayStillLetEarn() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.apply(.stop, "Faiz")
    // As a repair whose client is gone and whose COMMIT is still to come.
    let lost = try await Connection.open(fixture.settings)
    try await lost.run { session in
      try session.executeText("START TRANSACTION")
      try session.execute("SELECT points FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    let stop = Operation(requestedBy: "pointsd", reason: "clean stop")
    let left = try await fixture.ledger.closeRuns(of: ["Afif", "Faiz"], operation: stop)
    #expect(left.locked == ["Faiz"])
    await lost.close()
    #expect(try await lockedAtLast(fixture, ["Afif", "Faiz"]) == [])
  }

  /// Whom a clean stop cannot close: the server ends a session a little after its client did.
  private func lockedAtLast(_ fixture: LedgerFixture, _ users: [String]) async throws -> [String] {
    let stop = Operation(requestedBy: "pointsd", reason: "clean stop")
    var locked: [String] = []
    for _ in 0..<1000 {
      locked = try await fixture.ledger.closeRuns(of: users, operation: stop).locked
      if locked.isEmpty { break }
      await Task.yield()
    }
    return locked
  }

  @Test func hostileNamesAreNamesLikeAnyOther() async throws {
    let users = [
      "Robert'); DROP TABLE user_tracking; --", "🍣", "🍺", "<script>alert(1)</script>", "%", "\\",
      "\"quoted\"", "ä", "a", "A", "a ", String(repeating: "é", count: 50), "${x}", "null", "–",
    ]
    let fixture = try await LedgerFixture.running(users)
    try await fixture.setClock(LedgerFixture.start + 10_000)
    #expect(try await fixture.tick().rows.count == users.count)
    for (index, user) in users.enumerated() {
      let row = try await fixture.apply(.adjust(delta: Int64(index)), user, reason: user).row
      #expect(row.user == user)
    }
    let rows = try await fixture.rows(of: users)
    #expect(rows.map(\.user) == users)
    #expect(rows.map(\.points) == users.indices.map { Int64($0) + 10 })
    for user in users {
      #expect(try await fixture.ledger.history(of: user, range: .updates(5)).count >= 1)
    }
    try await fixture.expectClean(users)
  }

  @Test func saysThatTheDatabaseIsAway() async throws {
    var settings = try await PrivateDatabase.shared().settings
    settings.endpoint = .socket("/nonexistent/socket")
    let ledger = Ledger(
      pool: ConnectionPool(settings: settings, size: 1), settings: settings,
      maximumCatchUpSeconds: 60, logger: LedgerFixture.quietLogger)
    do {
      _ = try await ledger.snapshot(of: ["Afif"])
      Issue.record("there is no database")
    } catch {
      let reason = "\(error)"
      #expect(reason.contains("/nonexistent/socket"))
    }
  }
}
