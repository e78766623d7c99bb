import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

struct VerifyTests {
  private func kinds(
    after statement: String, earning: Set<String> = ["Afif"]
  ) async throws -> [Verification.Difference.Kind] {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 30_000)
    try await fixture.tick()
    // As the daemon's own account, so that no trigger notes it.
    try await fixture.pool.run { try $0.executeText(statement) }
    return try await fixture.verification(of: ["Afif"], earning: earning)
      .differences.map(\.kind)
  }

  @Test func findsNothingWhereNothingIs() async throws {
    #expect(try await kinds(after: "DO 0") == [])
  }

  @Test func findsPointsThatDoNotAddUp() async throws {
    #expect(
      try await kinds(after: "UPDATE user_tracking SET points = points + 1") == [.points])
    #expect(try await kinds(after: "UPDATE runs SET last_slot = last_slot - 1") == [.points])
    #expect(
      try await kinds(
        after: """
          INSERT INTO adjustments (user, delta, source, made_at, made_by)
          VALUES ('Afif', 9223372036854775807, 'hand', NOW(3), 'x')
          """) == [.points])
  }

  @Test func findsAMissingRow() async throws {
    #expect(try await kinds(after: "TRUNCATE user_tracking") == [.missingRow])
  }

  @Test func findsRunsThatAreOpenOrNotAgainstIntent() async throws {
    #expect(try await kinds(after: "DO 0", earning: []) == [.openRun])
    #expect(
      try await kinds(after: "UPDATE runs SET closed_at = NOW(3), closed_by = 'x'")
        == [.noOpenRun])
  }

  @Test func findsOverlappingRuns() async throws {
    #expect(
      try await kinds(
        after: """
          INSERT INTO runs (user, points_per_slot, interval_ms, first_slot, last_slot, opened_at,
          opened_by, closed_at) SELECT user, points_per_slot, interval_ms, last_slot - 1, last_slot,
          NOW(3), 'x', NOW(3) FROM runs
          """) == [.points, .overlap])
  }

  @Test func findsWhatIsCreditedBeyondThePresent() async throws {
    #expect(
      try await kinds(
        after: """
          UPDATE runs JOIN user_tracking USING (user) SET last_slot = last_slot + 1,
          points = points + 10
          """) == [.future])
  }

  @Test func looksAtUsersThatAreNoLongerConfigured() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.pool.run { session in
      try session.executeText("UPDATE user_tracking SET points = 5 WHERE user = 'Faiz'")
    }
    let verification = try await fixture.verification(
      of: ["Afif"], earning: ["Afif"])
    #expect(verification.differences.map(\.user) == ["Faiz", "Faiz"])
    #expect(verification.differences[0].message.contains("5 points"))
    #expect(verification.differences[1].kind == .openRun)
  }

  /// A connection that was idle while the server was restarted is no reason to refuse.
  @Test func isMadeAfterARestartOfTheServer() async throws {
    let server = try await PrivateDatabase.start()
    let fixture = try await LedgerFixture.make(connections: 3, on: server)
    let year = HistoryRange.span(
      from: DateTimeStamp(secondsSinceEpoch: 0),
      to: DateTimeStamp(secondsSinceEpoch: 365 * 86_400), points: 10)
    #expect(try await fixture.ledger.verify([]).differences.isEmpty)
    try await server.restart()
    #expect(try await fixture.ledger.verify([]).differences.isEmpty)
    try await server.restart()
    _ = try await fixture.ledger.history(of: "Afif", range: year)
  }

  /// MariaDB before 11.5 goes down in 2038: said while there is time. A column of another type mends
  /// nothing, since the server has no later moment; ticks work with it.
  @Test func theServersEndIsSaidFrom2037On() async throws {
    let fixture = try await LedgerFixture.make()
    func notices() async throws -> [String] {
      try await fixture.verification(of: ["Afif"], earning: []).notices
        .filter { $0.contains("2038") }
    }
    let goesOn = try await fixture.texts("SELECT CONCAT(FROM_UNIXTIME(2147483648))") != ["NULL"]
    try await fixture.setClock(
      DateTimeStamp(year: 2036, month: 12, day: 31).secondsSinceEpoch * 1000)
    #expect(try await notices() == [])
    try await fixture.setClock(
      DateTimeStamp(year: 2037, month: 1, day: 2).secondsSinceEpoch * 1000)
    #expect(try await notices().count == (goesOn ? 0 : 1))
    try await fixture.byHand(
      "ALTER TABLE user_tracking MODIFY datetime_stamp DATETIME NULL DEFAULT CURRENT_TIMESTAMP")
    #expect(try await notices().count == (goesOn ? 0 : 1))
    try await fixture.setClock(
      DateTimeStamp(year: 2037, month: 1, day: 2).secondsSinceEpoch * 1000)
    try await fixture.reconcile(["Afif"])
    try await fixture.setClock(
      DateTimeStamp(year: 2037, month: 1, day: 3).secondsSinceEpoch * 1000)
    #expect(
      try await fixture.tick().rows.map(\.stamp?.secondsSinceEpoch)
        == [DateTimeStamp(year: 2037, month: 1, day: 3).secondsSinceEpoch])
  }
}
