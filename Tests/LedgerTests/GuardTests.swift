import MariaDB
import Points
import TestSupport
import Testing

@testable import Ledger

/// Cells that a hand edits to what cannot be: the database refuses them, and where its checks were
/// dropped nobody counts with them.
struct GuardTests {
  private static let impossible = [
    "runs SET interval_ms = 0", "runs SET interval_ms = -1", "runs SET points_per_slot = 0",
    "runs SET points_per_slot = -10", "runs SET points_per_slot = 9223372036854775807",
    "runs SET first_slot = -9223372036854775808", "runs SET first_slot = -1",
    "runs SET last_slot = 9223372036854775807", "runs SET last_slot = first_slot - 1",
    "runs SET opened_at = 0", "intents SET revision = 9223372036854775807",
    "intents SET revision = -1", "intents SET since = 0", "served SET seen_at = 0",
    "operations SET made_at = 0", "adjustments SET made_at = 0",
  ]

  private func ledger(_ users: [String] = ["Afif", "Faiz"]) async throws -> LedgerFixture {
    let fixture = try await LedgerFixture.running(users)
    try await fixture.ledger.serve(users)
    try await fixture.apply(.adjust(delta: 5), users[users.count - 1])
    return fixture
  }

  @Test func isRefusedByTheDatabase() async throws {
    let fixture = try await ledger()
    for edit in Self.impossible {
      await #expect("\(edit)") {
        // Neither strict, so that zero is taken for a date where nothing else refuses it.
        try await fixture.byHand("SET sql_mode = ''", "UPDATE \(edit)")
      } throws: { error in
        [4025, 1690].contains((error as? DatabaseError)?.code)
      }
    }
    try await fixture.expectClean(["Afif", "Faiz"])
  }

  /// The names of keys and checks of the tables.
  private static let names =
    TableGuards.all.flatMap { guards in guards.names.map { (guards.table, $0) } }

  private func drop(_ fixture: LedgerFixture) async throws {
    for (table, name) in Self.names {
      let kind =
        name.hasPrefix("moments_") || name.contains("_in_") || name == "points_not_negative"
        ? "CONSTRAINT" : "KEY"
      try await fixture.byHand("ALTER TABLE \(table) DROP \(kind) \(name)")
    }
  }

  @Test func whatProtectsIsMadeAgain() async throws {
    let fixture = try await ledger()
    #expect(Self.names.count == 19)
    #expect(try await fixture.ledger.repairProtection() == [])
    try await drop(fixture)
    #expect(try await fixture.ledger.repairProtection().count == Self.names.count)
    #expect(try await fixture.ledger.repairProtection() == [])
    await #expect(throws: DatabaseError.self) {
      try await fixture.byHand("UPDATE runs SET interval_ms = 0")
    }
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    #expect(try await fixture.rows(of: ["Afif", "Faiz"]).map(\.points) == [10, 15])
    try await fixture.expectClean(["Afif", "Faiz"])
  }

  @Test func rowsInTheWayAreNamedUntilTheyAreCorrected() async throws {
    let fixture = try await ledger()
    try await fixture.byHand(
      "ALTER TABLE user_tracking DROP KEY one_row_a_user",
      "INSERT INTO user_tracking (user, points) VALUES ('Afif', 3)")
    await #expect {
      try await fixture.ledger.repairProtection()
    } throws: {
      "\($0)".contains("user_tracking") && "\($0)".contains("'Afif'")
        && "\($0)".contains("Correct it by hand in SQL")
    }
    try await fixture.byHand("DELETE FROM user_tracking WHERE points = 3")
    #expect(
      try await fixture.ledger.repairProtection()
        == ["one_row_a_user of the table user_tracking was missing and was made"])
    try await fixture.expectClean(["Afif", "Faiz"])
  }

  /// All that the daemon does is tried on each; that it fails is fine, that it ends is not.
  @Test func nobodyCountsWithItWhereTheChecksWereDropped() async throws {
    for edit in Self.impossible {
      let fixture = try await ledger()
      try await drop(fixture)
      try await fixture.byHand("SET sql_mode = ''", "UPDATE \(edit)")
      try await fixture.setClock(LedgerFixture.start + 10_000)
      let ledger = fixture.ledger
      for interval in [10_000, 1] {
        _ = try? await ledger.tick(intervalMilliseconds: Int64(interval))
      }
      _ = try? await ledger.snapshot(of: ["Afif", "Faiz"])
      _ = try? await ledger.digest()
      _ = try? await fixture.reconcile(["Afif", "Faiz"])
      for change: Change in [.pause, .resume, .adjust(delta: 1), .reset] {
        _ = try? await fixture.apply(change, "Afif")
        _ = try? await fixture.apply(change, toAll: ["Afif", "Faiz"], partial: true)
      }
      _ = try? await ledger.history(of: "Afif", range: .updates(20))
      _ = try? await ledger.history(
        of: "Afif",
        range: .span(
          from: DateTimeStamp(secondsSinceEpoch: 0),
          to: DateTimeStamp(secondsSinceEpoch: 2_000_000_000), points: 100))
      _ = try? await fixture.verification(of: ["Afif", "Faiz"], earning: ["Afif"])
      _ = try? await ledger.closeRuns(
        of: ["Afif", "Faiz"], operation: Operation(requestedBy: "test", reason: nil))
      await ledger.close()
    }
  }

  /// A ledger of the schema before, with such a cell, is used when the cell is corrected.
  @Test func anOlderLedgerIsNotUsedUntilItIsCorrected() async throws {
    let fixture = try await ledger()
    try await drop(fixture)
    try await fixture.byHand("UPDATE runs SET interval_ms = 0 WHERE user = 'Faiz'")
    try await fixture.pool.run { try $0.set("schema_version", to: "3") }
    func prepare() async throws {
      try await Schema.prepare(fixture.settings, logger: LedgerFixture.quietLogger)
    }
    await #expect {
      try await prepare()
    } throws: {
      guard case LedgerError.unavailable(let reason) = $0 else { return false }
      return reason.contains("a row of runs has what cannot be")
    }
    try await fixture.byHand("UPDATE runs SET interval_ms = 10000 WHERE user = 'Faiz'")
    try await prepare()
    try await fixture.expectClean(["Afif", "Faiz"])
  }

  /// Who the daemon is follows from who made the triggers, not from a cell that may be edited.
  @Test func editsByHandAreKnownWhateverTheSettingsSay() async throws {
    let fixture = try await ledger(["Afif"])
    try await fixture.byHand(
      "DELETE FROM ledger_settings WHERE name = 'account'",
      "UPDATE user_tracking SET points = points + 1")
    try await fixture.byHand(
      "INSERT INTO ledger_settings (name, value) VALUES ('account', 'root')",
      "UPDATE user_tracking SET points = points + 1")
    try await fixture.setClock(LedgerFixture.start + 10_000)
    try await fixture.tick()
    #expect(try await fixture.points("Afif") == 17)
    try await fixture.expectClean(["Afif"])
  }

  /// The server takes the daemon for another account: each of its ticks would be an edit by hand.
  @Test func aServerThatTakesTheDaemonForAnonymousIsRefused() async throws {
    let database = try await PrivateDatabase.start()
    let settings = try await database.schema()
    try await database.asOperator { session in
      try session.executeText("CREATE USER ''@localhost")
      try session.executeText("GRANT ALL ON *.* TO ''@localhost")
    }
    var stranger = settings
    stranger.user = "stranger"
    stranger.password = nil
    await #expect {
      try await Schema.prepare(stranger, logger: LedgerFixture.quietLogger)
    } throws: {
      guard case LedgerError.unavailable(let reason) = $0 else { return false }
      return reason.contains("for the account ''@'localhost'") && reason.contains("DROP USER")
    }
    try await Schema.prepare(settings, logger: LedgerFixture.quietLogger)
    try await database.stop()
  }

  /// A name may hold an `@`: it ends at the last one.
  @Test(arguments: ["points@one", "pointsd"]) func whoEditsIsKnownByTheWholeName(
    _ name: String
  ) async throws {
    let fixture = try await ledger(["Afif"])
    let schema = try #require(fixture.settings.database)
    try await fixture.database.asOperator { session in
      for account in ["points@one", "points@two"] {
        try session.executeText(
          "CREATE OR REPLACE USER '\(account)'@localhost IDENTIFIED BY 'secret'")
        try session.executeText("GRANT ALL ON \(schema).* TO '\(account)'@localhost")
      }
      try session.executeText("USE \(schema)")
    }
    var daemon = fixture.settings
    if name != "pointsd" { (daemon.user, daemon.password) = (name, "secret") }
    try await Schema.prepare(daemon, logger: LedgerFixture.quietLogger)
    var other = fixture.settings
    (other.user, other.password) = ("points@two", "secret")
    for settings in [daemon, other] {
      let connection = try await Connection.open(settings)
      try await connection.run {
        try $0.executeText("UPDATE user_tracking SET points = points + 1 WHERE user = 'Afif'")
      }
      await connection.close()
    }
    #expect(
      try await fixture.texts("SELECT CONCAT(made_by) FROM adjustments WHERE source = 'hand'")
        == ["points@two@localhost"])
    try await fixture.database.asOperator { session in
      for account in ["points@one", "points@two"] {
        try session.executeText("DROP USER '\(account)'@localhost")
      }
    }
  }

  @Test func theLargestRevisionIsFollowedByTheFirst() async throws {
    let fixture = try await ledger()
    try await fixture.byHand(
      "UPDATE intents SET revision = 1000000000000000000 WHERE user = 'Faiz'")
    #expect(try await fixture.apply(.pause, "Faiz").intent.revision == 1)
    #expect(try await fixture.apply(.resume, "Faiz").intent.revision == 2)
  }
}
