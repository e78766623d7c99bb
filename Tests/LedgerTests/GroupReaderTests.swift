import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct GroupReaderTests {
  private func read(
    _ users: [String], _ reader: GroupReader
  ) async -> Result<[PointsRow], ReadFailure> {
    await withCheckedContinuation { continuation in
      reader.readRows(of: users) { continuation.resume(returning: $0) }
    }
  }

  @Test(arguments: [1, 2, 3, 8, 9, 100, 1500])
  func readsGroupsOfAnySize(_ size: Int) async throws {
    let users = (1...size).map { "user number \($0)" }
    let fixture = try await LedgerFixture.running(users)
    let reader = GroupReader(
      pool: ConnectionPool(settings: fixture.settings, size: 1), logger: LedgerFixture.quietLogger)
    let rows = try await read(users, reader).get()
    #expect(rows.count == size)
    #expect(Set(rows.map(\.user)) == Set(users))
    #expect(rows.allSatisfy { $0.points == 0 && $0.stamp != nil })
  }

  @Test func leavesOutUsersWithoutARowAndReadsWhatIsThereNow() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "🍣", "afif"])
    let reader = GroupReader(
      pool: ConnectionPool(settings: fixture.settings, size: 1), logger: LedgerFixture.quietLogger)
    #expect(try await read(["🍺", "nobody"], reader).get() == [])
    for points in [7, 8, 9] {
      try await fixture.byHand("UPDATE user_tracking SET points = \(points) WHERE user = 'Afif'")
      let rows = try await read(["Afif", "🍣", "🍺"], reader).get()
      #expect(rows.first { $0.user == "Afif" }?.points == Int64(points))
      #expect(rows.first { $0.user == "🍣" }?.points == 0)
      #expect(rows.count == 2)
    }
  }

  @Test func tellsOfALostConnectionAndTakesAnother() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let pool = ConnectionPool(settings: fixture.settings, size: 1)
    let reader = GroupReader(pool: pool, logger: LedgerFixture.quietLogger)
    #expect(try await read(["Afif"], reader).get().count == 1)
    let schema = fixture.settings.database ?? ""
    try await fixture.database.asOperator { session in
      let identifiers = try session.query(
        """
        SELECT id FROM information_schema.processlist WHERE db = ? AND user = 'pointsd'
        """, [.text(schema)], row: { try $0.integer(0) })
      for identifier in identifiers { try session.executeText("KILL \(identifier)") }
    }
    // The first read may still find the dead connection; soon one succeeds.
    var results: [Bool] = []
    while results.last != true, results.count < 100 {
      results.append((try? await read(["Afif"], reader).get().count) == 1)
    }
    #expect(results.last == true)
  }

  @Test func sharesTheOnlyConnectionOfASmallPool() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let reader = GroupReader(
      pool: fixture.pool, keepsConnection: false, logger: LedgerFixture.quietLogger)
    for _ in 0..<3 {
      #expect(try await read(["Afif"], reader).get().count == 1)
      #expect(try await fixture.points("Afif") == 0)
    }
  }

  /// However many clients ask meanwhile.
  @Test func aTableThatCannotBeReadIsLoggedOnce() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    let recorder = LogRecorder()
    let reader = GroupReader(
      pool: ConnectionPool(settings: fixture.settings, size: 1), logger: recorder.logger)
    // While the tables are being made nothing is wrong.
    try await fixture.byHand("RENAME TABLE user_tracking TO away")
    await #expect(throws: ReadFailure.self) { try await read(["Afif"], reader).get() }
    try await fixture.byHand("RENAME TABLE away TO user_tracking")
    #expect(try await read(["Afif"], reader).get().count == 1)
    #expect(recorder.lines == [])
    try await fixture.byHand("RENAME TABLE user_tracking TO away")
    for _ in 0..<3 {
      await #expect(throws: ReadFailure.self) { try await read(["Afif"], reader).get() }
    }
    try await fixture.byHand("RENAME TABLE away TO user_tracking")
    for _ in 0..<3 { #expect(try await read(["Afif"], reader).get().count == 1) }
    #expect(recorder.lines.count == 2, "\(recorder.lines)")
    #expect(recorder.lines.first?.hasPrefix("error: points cannot be read: ") == true)
    #expect(recorder.lines.last == "info: points can be read again")
  }

  /// The connection's own deadline is ten minutes here: what ends the read is the reader's.
  @Test(.timeLimit(.minutes(1))) func givesUpAServerThatHangs() async throws {
    let database = try await PrivateDatabase.start()
    var settings = try await database.schema()
    try await Schema.prepare(settings, logger: LedgerFixture.quietLogger)
    settings.readTimeoutSeconds = 600
    let reader = GroupReader(
      pool: ConnectionPool(settings: settings, size: 1), logger: LedgerFixture.quietLogger)
    #expect(try await read(["Afif"], reader).get() == [])
    try database.suspend()
    guard case .failure = await read(["Afif"], reader) else {
      Issue.record("a suspended server answered")
      return
    }
    database.resume()
    #expect(try await read(["Afif"], reader).get() == [])
    try await database.stop()
  }

  @Test func failsWhereThereIsNoDatabase() async throws {
    var settings = try await PrivateDatabase.shared().settings
    settings.endpoint = .socket("/nonexistent/socket")
    let reader = GroupReader(
      pool: ConnectionPool(settings: settings, size: 1), logger: LedgerFixture.quietLogger)
    for _ in 0..<3 {
      guard case .failure(let failure) = await read(["Afif"], reader) else {
        Issue.record("there is no database")
        return
      }
      #expect(failure.reason.contains("/nonexistent/socket"))
    }
  }
}
