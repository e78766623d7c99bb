import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// Names that are one user's: case, normalisation and blanks at the end do not count.
struct NameTests {
  private func adopted(_ rows: String) async throws -> LedgerFixture {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.byHand(
      """
      CREATE TABLE user_tracking (id INT AUTO_INCREMENT PRIMARY KEY, user VARCHAR(50) NOT NULL,
      points INT DEFAULT 0, datetime_stamp DATETIME) CHARACTER SET utf8mb4
      """, "INSERT INTO user_tracking (user, points) VALUES \(rows)")
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    try await fixture.setClock(LedgerFixture.start)
    return fixture
  }

  @Test func anOriginalTableGivesItsPointsInAnySpelling() async throws {
    let fixture = try await adopted(
      "('afif', 120), ('SYAHMI', 90), ('Jose\u{301}', 7), ('Faiz ', 5), ('Jose', 1)")
    let users = ["Afif", "Syahmi", "Jos\u{E9}", "Faiz"]
    try await fixture.reconcile(users)
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    #expect(try await fixture.rows(of: users).map(\.points) == [130, 100, 17, 15])
    #expect(
      try await fixture.texts("SELECT HEX(user) FROM user_tracking WHERE user LIKE 'Jos%é'")
        == ["4A6F73C3A9"])
    // Accents count.
    #expect(try await fixture.points("Jose") == 1)
    try await fixture.expectClean(users)
    let notices = try await fixture.verification(of: users, earning: Set(users)).notices
    #expect(notices.contains { $0.contains("'afif' in the ledger is 'Afif'") })
  }

  /// The others are not kept from earning.
  @Test func twoRowsOfOneUserAreRefusedByName() async throws {
    let fixture = try await adopted("('Afif', 120)")
    try await fixture.byHand("INSERT INTO user_tracking (user, points) VALUES ('AFIF', 5)")
    let notices = try await fixture.reconcile(["Afif", "Faiz"])
    #expect(notices.map { $0.contains("'AFIF' and 'Afif'") } == [true], "\(notices)")
    #expect(
      try await fixture.texts("SELECT CONCAT(user, points) FROM user_tracking ORDER BY user")
        == ["AFIF5", "Afif120", "Faiz0"])
    #expect(try await fixture.texts("SELECT user FROM runs") == ["Faiz"])
    // A spelling of the file that has no row meets the two as well, in repairs, changes and reloads.
    let others = try await fixture.reconcile(["afif", "Faiz"])
    #expect(others.map { $0.contains("'AFIF' and 'Afif'") } == [true], "\(others)")
    let receipt = try await fixture.apply(.pause, toAll: ["afif", "Faiz"])
    #expect(receipt.users.map(\.result) == [.refused, .done])
    await #expect(throws: LedgerError.self) { try await fixture.apply(.pause, "afif") }
  }

  /// The file corrects a name's case.
  @Test func anotherSpellingInTheFileKeepsEverything() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.apply(.pause, "Afif", reason: "exam")
    try await fixture.apply(.adjust(delta: 5), "Afif")
    try await fixture.reconcile(["AFIF"])
    #expect(try await fixture.points("AFIF") == 5)
    #expect(try await fixture.ledger.snapshot(of: ["AFIF"]).intents.first?.reason == "exam")
    #expect(try await fixture.texts("SELECT DISTINCT user FROM runs") == ["AFIF"])
    try await fixture.expectClean([])
    try await fixture.apply(.resume, "AFIF")
    try await fixture.expectClean(["AFIF"])
  }

  @Test func aRowRenamedByHandIsTheUsersAgain() async throws {
    let fixture = try await LedgerFixture.running(["Afif", "Faiz"])
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    try await fixture.byHand("UPDATE user_tracking SET user = 'AFIF' WHERE user = 'Afif'")
    try await fixture.setClock(LedgerFixture.start + 20_000)
    try await fixture.tick()
    #expect(try await fixture.rows(of: ["Afif", "Faiz"]).map(\.points) == [20, 20])
    #expect(try await fixture.texts("SELECT user FROM user_tracking") == ["Afif", "Faiz"])
    try await fixture.expectClean(["Afif", "Faiz"])
  }
}
