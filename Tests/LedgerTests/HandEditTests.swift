import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// What somebody does to `user_tracking` at a SQL shell.
struct HandEditTests {
  @Test func isInTheLedgerWithWhoAndWhen() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.byHand("UPDATE user_tracking SET points = 500 WHERE user = 'Afif'")
    #expect(try await fixture.points("Afif") == 500)
    let account = try await fixture.database.asOperator { session in
      try session.query("SELECT SESSION_USER()", row: { try $0.text(0) })
    }
    #expect(
      try await fixture.texts(
        "SELECT CONCAT_WS('|', delta, source, made_by) FROM adjustments"
          + " WHERE made_at BETWEEN UTC_TIMESTAMP() - INTERVAL 20 YEAR AND '2100-01-01'")
        == ["500|hand|\(account[0])"])
    try await fixture.expectClean(["Afif"])
  }

  @Test func thatLeavesPointsEqualRecordsNothing() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.byHand(
      "UPDATE user_tracking SET points = 0",
      "UPDATE user_tracking SET datetime_stamp = '2020-01-02 03:04:05'")
    #expect(try await fixture.texts("SELECT reason FROM adjustments") == [])
    #expect(
      try await fixture.rows(of: ["Afif"]).first?.stamp
        == DateTimeStamp(year: 2020, month: 1, day: 2, hour: 3, minute: 4, second: 5))
  }

  @Test func ofTheStampIsKeptInTheEditorsTimeZone() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.byHand(
      "SET time_zone = '+08:00'",
      "UPDATE user_tracking SET points = 1, datetime_stamp = '2020-01-02 08:00:00'")
    #expect(
      try await fixture.rows(of: ["Afif"]).first?.stamp
        == DateTimeStamp(year: 2020, month: 1, day: 2))
  }

  @Test func insertsDeletesAndRenamesKeepTheLedgerRight() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.byHand(
      "INSERT INTO user_tracking (user, points) VALUES ('Dina', 5), ('Emir', 6)",
      "UPDATE user_tracking SET user = 'dina', points = 9 WHERE user = 'Dina'",
      "DELETE FROM user_tracking WHERE user = 'Emir'",
      "REPLACE INTO user_tracking (user, points) VALUES ('dina', 11)",
      "INSERT IGNORE INTO user_tracking (user, points) VALUES ('dina', 12)",
      "INSERT INTO user_tracking (user, points) VALUES ('dina', 1)"
        + " ON DUPLICATE KEY UPDATE points = points + 1")
    #expect(try await fixture.points("dina") == 12)
    try await fixture.expectClean(["Afif"])
  }

  @Test func belowZeroIsRefused() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    await #expect(throws: DatabaseError.self) {
      try await fixture.byHand("UPDATE user_tracking SET points = -1")
    }
    #expect(try await fixture.texts("SELECT reason FROM adjustments") == [])
    try await fixture.expectClean(["Afif"])
  }

  @Test func ofARunningUserIsKeptByTheNextTick() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    try await fixture.byHand("UPDATE user_tracking SET points = 3 WHERE user = 'Afif'")
    try await fixture.setClock(LedgerFixture.start + 20_000)
    #expect(try await fixture.tick().rows.map(\.points) == [13])
    try await fixture.expectClean(["Afif"])
  }

  @Test func aDeletedRowOfAPausedUserComesBack() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.apply(.pause, "Afif")
    try await fixture.apply(.adjust(delta: 50), "Afif")
    for (statement, points) in [("TRUNCATE user_tracking", 50), ("DELETE FROM user_tracking", 0)] {
      try await fixture.byHand(statement)
      #expect(try await fixture.ledger.snapshot(of: ["Afif"]).rows == [])
      try await fixture.reconcile(["Afif"])
      #expect(try await fixture.points("Afif") == Int64(points))
    }
    try await fixture.expectClean([])
  }
}
