import Foundation
import Glibc
import TestSupport
import Testing

/// People edit the database beneath the daemon: points stay whole, and the log says what was done.
@Suite(.serialized, .timeLimit(.minutes(10))) struct EditedLedgerTests {
  private func start(_ users: [String]) async throws -> (GivenServer, Daemon) {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(.init(users: users, intervalSeconds: 0.2))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    return (server, daemon)
  }

  /// Runs a client of MariaDB on the schema, with a file as its input or output.
  private func client(_ program: String, _ server: GivenServer, _ redirected: String) throws {
    let outcome = try run(
      "/bin/sh",
      [
        "-c", "exec \(program) --socket=\"$1\" \"$2\" \(redirected)", "sh",
        server.database.socket, server.schema,
      ])
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  /// The tables are dropped and loaded again while the daemon runs, with their triggers and without.
  /// No slot ends meanwhile: a tick between two of the tables would credit what is dropped next.
  @Test(arguments: ["", "--skip-triggers"])
  func tablesLoadedByADumpWhileTheDaemonRuns(_ option: String) async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 60))
    try await daemon.start()
    let adjust = { (points: String) in
      let adjust = try daemon.pointsctl("adjust", "faiz", points, "--reason", "exam")
      #expect(adjust.status == 0, "\(adjust.errors)")
    }
    try adjust("5")
    try await eventually("no slot ends soon") {
      try await server.texts("SELECT CONCAT(UNIX_TIMESTAMP() % 60 < 40)") == ["1"]
    }
    let file = daemon.directory + "/dump.sql"
    try client("mariadb-dump --no-defaults --single-transaction \(option)", server, "> '\(file)'")
    // What is made after the dump goes with the tables.
    try adjust("1000000")
    try client("mariadb --no-defaults", server, "< '\(file)'")
    func isWhole(_ more: Int) throws -> Bool {
      let points = try daemon.points()
      return try daemon.http("/readyz").status == 200 && daemon.differences() == []
        && points["Faiz"] == points["Afif"].map { $0 + more }
    }
    try await eventually("it goes on: \(daemon.log)") { try isWhole(5) }
    if !option.isEmpty {
      try await eventually("it says what was done: \(daemon.log)") {
        daemon.log.contains(
          "the trigger user_tracking_updated_by_hand on user_tracking was missing")
      }
    }
    try await server.byHand("UPDATE user_tracking SET points = points + 7 WHERE user = 'Faiz'")
    let edits = try await server.texts("SELECT user FROM adjustments WHERE source = 'hand'")
    #expect(edits == ["Faiz"], "edits by hand are recorded")
    try await eventually("it follows: \(daemon.log)") { try isWhole(12) }
    #expect(try await server.openRuns() == ["Afif", "Faiz"])
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  @Test(arguments: ["0", "1", "2", "none"])
  func aSchemaVersionSetBackByHand(_ version: String) async throws {
    let (server, daemon) = try await start(["Afif", "Faiz"])
    #expect(try await daemon.stop() == 0)
    let points = try await server.texts("SELECT CONCAT(user, points) FROM user_tracking")
    try await server.byHand(
      "UPDATE ledger_settings SET value = '\(version)' WHERE name = 'schema_version'")
    // So long an interval that nothing is earned.
    let later = try server.daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 86_400))
    try await later.start()
    #expect(try await server.texts("SELECT CONCAT(user, points) FROM user_tracking") == points)
    #expect(later.log.contains("the database is at schema"), "\(later.log)")
    #expect(try later.differences() == [])
    #expect(try await later.stop() == 0)
  }

  /// A reload that corrects the case of a name.
  @Test func aRenameOfCaseOnly() async throws {
    let (server, daemon) = try await start(["Afif", "Faiz"])
    let before = try #require(try daemon.points()["Faiz"])
    try daemon.writeConfiguration(users: ["Afif", "FAIZ"])
    let reload = try daemon.pointsctl("reload")
    #expect(reload.status == 0, "\(reload.errors)")
    try await eventually("it earns on under its new name: \(daemon.log)") {
      try daemon.points()["FAIZ"] ?? 0 > before
    }
    #expect(try daemon.points()["Faiz"] == nil)
    #expect(
      try await server.texts("SELECT DISTINCT user FROM runs ORDER BY user") == ["Afif", "FAIZ"])
    #expect(try await server.texts("SELECT user FROM user_tracking") == ["Afif", "FAIZ"])
    let notices = try daemon.pointsctl("verify")
    #expect(notices.status == 0)
    #expect(notices.output.contains("'Faiz' in the ledger is 'FAIZ'"), "\(notices.output)")
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }
}
