import Foundation
import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// Databases of the original project, in the forms they may have.
struct AdoptionTests {
  private static let tables = [
    """
    CREATE TABLE user_tracking (id INT AUTO_INCREMENT PRIMARY KEY, user VARCHAR(50) NOT NULL,
    points INT DEFAULT 0, datetime_stamp DATETIME) CHARACTER SET latin1
    """,
    """
    CREATE TABLE user_tracking (id INT AUTO_INCREMENT PRIMARY KEY, user VARCHAR(255) UNIQUE,
    points INT UNSIGNED NOT NULL, datetime_stamp TIMESTAMP NULL) ENGINE = MyISAM
    """,
    """
    CREATE TABLE user_tracking (user VARCHAR(50) PRIMARY KEY, points DECIMAL(10, 2),
    datetime_stamp DATE NULL, note TEXT NULL) CHARACTER SET utf8mb3
    """,
    """
    CREATE TABLE user_tracking (id BIGINT AUTO_INCREMENT PRIMARY KEY, user TEXT NOT NULL,
    points VARCHAR(20) NOT NULL, datetime_stamp VARCHAR(30) NULL)
    """,
  ]

  @Test(arguments: tables)
  func keepsEveryPoint(_ table: String) async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.byHand(
      table,
      """
      INSERT INTO user_tracking (user, points, datetime_stamp) VALUES
      ('Afif', 120, '2024-05-01'), ('Faiz', 0, NULL), ('José', 7, '2024-05-02')
      """)
    for _ in 0..<2 {
      try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    }
    let users = ["Afif", "Faiz", "José"]
    let rows = try await fixture.rows(of: users)
    #expect(rows.map(\.points) == [120, 0, 7])
    #expect(rows[0].stamp == DateTimeStamp(year: 2024, month: 5, day: 1))
    #expect(rows[1].stamp == nil)
    #expect(
      try await fixture.texts(
        "SELECT CONCAT(user, ' ', delta) FROM adjustments WHERE source = 'adopted' ORDER BY delta")
        == ["José 7", "Afif 120"])
    try await fixture.expectClean([])

    try await fixture.setClock(LedgerFixture.start)
    try await fixture.reconcile(users)
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    #expect(try await fixture.rows(of: users).map(\.points) == [130, 10, 17])
    try await fixture.expectClean(users)
  }

  /// What mysqldump of MySQL 8 writes, after the edit that the guide names.
  @Test func aDumpOfMySQL8IsTakenAsTheGuideSays() async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    let guide = try String(
      contentsOfFile: URL(filePath: #filePath).appending(path: "../../../docs/user-control.md")
        .standardized.path, encoding: .utf8)
    let edit = try #require(guide.firstMatch(of: #/sed -i 's/(\w+)/(\w+)/g' dump\.sql/#))
    let dump = [
      """
      CREATE TABLE `user_tracking` (`id` int NOT NULL AUTO_INCREMENT,
      `user` varchar(50) COLLATE utf8mb4_0900_ai_ci NOT NULL, `points` int DEFAULT '0',
      `datetime_stamp` timestamp NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (`id`),
      UNIQUE KEY `user` (`user`)) ENGINE=InnoDB AUTO_INCREMENT=6 DEFAULT CHARSET=utf8mb4
      COLLATE=utf8mb4_0900_ai_ci
      """,
      """
      INSERT INTO `user_tracking` VALUES (1,'Afif',120,'2026-01-12 14:30:00'),
      (2,'Syahmi',90,'2026-01-12 14:30:00')
      """,
    ]
    for statement in dump {
      try await fixture.byHand(statement.replacing(edit.output.1, with: edit.output.2))
    }
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    #expect(try await fixture.rows(of: ["Afif", "Syahmi"]).map(\.points) == [120, 90])
    try await fixture.expectClean([])
  }

  @Test func takesMissingPointsForNone() async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.byHand(
      Self.tables[0], "INSERT INTO user_tracking (user, points) VALUES ('Afif', NULL)")
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    #expect(try await fixture.points("Afif") == 0)
  }

  @Test(arguments: [
    ("('Afif', '1', NULL), ('Afif', '2', NULL)", "more than one row for Afif"),
    ("('Afif', '1', NULL), ('Faiz', '-2', NULL)", "points below 0 of Faiz"),
    ("('Afif', '1.5', NULL)", "whole number"),
    ("('Afif', 'many', NULL)", "whole number"),
    ("('Afif', '9223372036854775808', NULL)", "whole number"),
    ("('Afif', '1', '0000-00-00'), ('Faiz', '1', NULL)", "no date"),
    ("('Afif', '1', NULL), ('AFIF', '1', NULL)", "'AFIF' and 'Afif'"),
    ("('Afif', '1', NULL), ('Afif ', '1', NULL)", "'Afif' and 'Afif '"),
    ("(REPEAT('x', 101), '1', NULL)", "longer than 100 characters"),
  ])
  func refusesWhatItCannotKeepAndChangesNothing(_ rows: String, fault: String) async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.byHand(
      Self.tables[3], "INSERT INTO user_tracking (user, points, datetime_stamp) VALUES \(rows)")
    do {
      try await fixture.ledger.prepare()
      Issue.record("it was adopted")
    } catch {
      let reason = "\(error)"
      #expect(reason.contains(fault))
      #expect(reason.contains("Nothing was changed"))
    }
    #expect(try await fixture.texts("SHOW TABLES") == ["user_tracking"])
    #expect(
      try await fixture.texts(
        """
        SELECT data_type FROM information_schema.columns WHERE table_schema = DATABASE()
        AND column_name = 'user'
        """) == ["text"])
    await fixture.ledger.close()
  }

  /// NULL points are not made 0 before the dates are found.
  @Test func refusesZeroDatesWithNothingChanged() async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.byHand(
      Self.tables[0], "SET sql_mode = ''",
      "INSERT INTO user_tracking (user, points, datetime_stamp) VALUES ('Afif', NULL, '0000-00-00')"
    )
    await #expect(throws: LedgerError.self) {
      try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    }
    #expect(try await fixture.texts("SELECT CAST(points AS CHAR) FROM user_tracking") == ["NULL"])
    #expect(try await fixture.texts("SHOW TABLES") == ["user_tracking"])
    try await fixture.byHand("UPDATE user_tracking SET datetime_stamp = NULL")
    try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    #expect(try await fixture.points("Afif") == 0)
  }

  @Test func refusesATableThatIsAnotherOne() async throws {
    let fixture = try await LedgerFixture.make(prepared: false)
    try await fixture.byHand("CREATE TABLE user_tracking (user VARCHAR(10), score INT)")
    await #expect(throws: LedgerError.self) {
      try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    }
  }

  @Test func theOriginalStatementsWorkAsTheyAre() async throws {
    let fixture = try await LedgerFixture.running(["Afif"])
    try await fixture.byHand(
      "INSERT INTO user_tracking (user, points, datetime_stamp) VALUES ('Dina', 5, NOW())",
      "UPDATE user_tracking SET points = points + 10, datetime_stamp = NOW() WHERE user = 'Dina'",
      "SELECT * FROM user_tracking WHERE user='Afif'",
      "SELECT user, points, datetime_stamp FROM user_tracking ORDER BY id DESC LIMIT 1")
    #expect(try await fixture.points("Dina") == 15)
    try await fixture.expectClean(["Afif"])
  }
}
