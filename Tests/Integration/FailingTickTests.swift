import Foundation
import Glibc
import MariaDB
import TestSupport
import Testing

/// Ticks that fail as a whole: logged once with the reason, `/readyz` says so, and afterwards
/// everything is credited.
@Suite(.serialized, .timeLimit(.minutes(10))) struct FailingTickTests {
  /// What is wrong with the database for a while.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the reason says.
    let word: String
    /// Statements of a shell that stays open for as long as the fault lasts.
    let begin: [String]
    let end: [String]
    /// How long it lasts, in seconds; the long form takes the second.
    let seconds: (short: Int, long: Int)
  }

  static let faults = [
    Fault(
      testDescription: "the table of runs is away", word: "runs' doesn't exist",
      begin: ["RENAME TABLE runs TO hidden_runs"], end: ["RENAME TABLE hidden_runs TO runs"],
      seconds: (3, 12)),
    Fault(
      testDescription: "the server is read-only", word: "read-only",
      begin: ["SET GLOBAL read_only = 1"], end: ["SET GLOBAL read_only = 0"], seconds: (3, 8)),
    Fault(
      testDescription: "the adjustments are locked", word: "locked",
      begin: ["LOCK TABLES adjustments WRITE"], end: ["UNLOCK TABLES"], seconds: (4, 12)),
    Fault(
      testDescription: "the runs are locked", word: "locked",
      begin: ["LOCK TABLES runs WRITE"], end: ["UNLOCK TABLES"], seconds: (4, 12)),
  ]

  private static let isLong = ProcessInfo.processInfo.environment["POINTSD_LONG"] != nil

  private func start(_ server: GivenServer) async throws -> Daemon {
    let daemon = try server.daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    return daemon
  }

  /// Everybody has one run, never closed, that is credited up to the present and adds up.
  private func expectAllCredited(_ daemon: Daemon, _ server: GivenServer) async throws {
    try await eventually("it is ready again: \(daemon.log)") {
      try daemon.http("/readyz").status == 200
    }
    try await eventually("it adds up: \(daemon.log)") {
      try daemon.differences() == [] && Set(daemon.points().values).count == 1
    }
    let accounts = try await server.texts(
      """
      SELECT CONCAT_WS(' ', COUNT(*), SUM(points = (last_slot - first_slot) * 10), \
      SUM(last_slot >= CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) DIV interval_ms - 10)) \
      FROM user_tracking JOIN runs USING (user)
      """)
    #expect(accounts == ["5 5 5"])
  }

  /// Lines that say why ticks fail, each with its reason.
  private func tickFailures(_ daemon: Daemon) -> [Substring] {
    daemon.log.split(separator: "\n").compactMap { line in
      line.firstRange(of: "ticks of 0.2 s fail").map { line[$0.lowerBound...] }
    }
  }

  @Test(arguments: faults)
  func failsLoudlyOnceAndLosesNothing(_ fault: Fault) async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try await start(server)
    let shell = try await server.shell()
    try await shell.run { session in
      for statement in fault.begin { try session.executeText(statement) }
    }
    do {
      try await eventually("readiness says why: \(daemon.log)") {
        let answer = try daemon.control("/readyz")
        return answer.status == 503 && answer.body.contains(fault.word)
      }
      try await eventually("the log says why: \(daemon.log)") {
        tickFailures(daemon).contains { $0.contains(fault.word) }
      }
      try await Task.sleep(for: .seconds(Self.isLong ? fault.seconds.long : fault.seconds.short))
      let failures = tickFailures(daemon)
      #expect(failures.count == Set(failures).count, "\(failures)")
      #expect(failures.count == 1, "\(failures)")
      #expect(try daemon.http("/readyz").status == 503)
    } catch {
      try await shell.run { for statement in fault.end { try $0.executeText(statement) } }
      throw error
    }
    try await shell.run { for statement in fault.end { try $0.executeText(statement) } }
    await shell.close()
    try await expectAllCredited(daemon, server)
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  /// The account that made the triggers is no more, as when another one was given to the daemon.
  @Test func aDroppedDefinerOfTheTriggersIsReplaced() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try await start(server)
    let ghost = "ghost_\(server.schema)@localhost"
    try await server.byHand(
      "CREATE USER \(ghost)", "GRANT ALL ON \(server.schema).* TO \(ghost)")
    let triggers = try await server.texts(
      """
      SELECT CONCAT('CREATE OR REPLACE DEFINER = \(ghost) TRIGGER ', trigger_name, ' ', \
      action_timing, ' ', event_manipulation, ' ON user_tracking FOR EACH ROW ', action_statement) \
      FROM information_schema.triggers WHERE trigger_schema = DATABASE()
      """)
    #expect(triggers.count == 3)
    let shell = try await server.shell()
    try await shell.run { session in
      for trigger in triggers { try session.executeText(trigger) }
      try session.executeText("DROP USER \(ghost)")
    }
    await shell.close()
    try await eventually("readiness or the log says why: \(daemon.log)") {
      let answer = try daemon.control("/readyz")
      return answer.status == 503 && answer.body.contains("definer")
        || tickFailures(daemon).contains { $0.contains("definer") }
    }
    try await expectAllCredited(daemon, server)
    #expect(tickFailures(daemon).count == 1, "\(tickFailures(daemon))")
    // Edits by hand are recorded again.
    try await server.byHand("UPDATE user_tracking SET points = points + 7 WHERE user = 'Faiz'")
    #expect(
      try await server.texts("SELECT CONCAT(user, delta) FROM adjustments WHERE source = 'hand'")
        == ["Faiz7"])
    try await eventually("it adds up") { try daemon.differences() == [] }
    #expect(try await daemon.stop() == 0)
  }
}
