import Foundation
import Glibc
import MariaDB
import TestSupport
import Testing

/// Two daemons with users of their own on one database, which takes the lock from the first.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TwoDaemonsTests {
  /// The session that has a schema's lock; nil when nobody has.
  private func lockHolder(_ server: GivenServer) async throws -> String? {
    let holder = try await server.texts(
      "SELECT CAST(IS_USED_LOCK('pointsd daemon \(server.schema)') AS CHAR)")
    return holder.first.flatMap { $0 == "NULL" ? nil : $0 }
  }

  private func isHeld(_ server: GivenServer, by daemon: Daemon) async throws -> Bool {
    try await server.texts("SELECT value FROM ledger_settings WHERE name = 'holder'")
      .contains { $0.contains(daemon.directory) }
  }

  /// What the ledger has of some users: their points, and what their runs were credited.
  private func ledger(_ server: GivenServer, of users: String) async throws -> [String] {
    try await server.texts(
      """
      SELECT CONCAT_WS(' ', user, points, last_slot, tick, closed_at) \
      FROM user_tracking JOIN runs USING (user) WHERE user IN (\(users)) ORDER BY user, runs.id
      """)
  }

  /// The same command once more: refused, and no run of the first one is touched.
  @Test func theSameDaemonOnceMoreClosesNoRun() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(.init(intervalSeconds: 0.5))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    let second = try run(Daemon.binary("pointsd").path, ["--config", daemon.configurationFile])
    #expect(second.status != 0)
    #expect(try await server.texts("SELECT user FROM runs WHERE closed_at IS NOT NULL") == [])
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  @Test func theSecondTakesTheLockWorksAndEnds() async throws {
    let server = try await GivenServer.make(.shared())
    let first = try server.daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 0.2))
    try await first.start()
    try await eventually("the first's users earn") {
      try first.points().values.allSatisfy { $0 > 0 }
    }
    // Other users and another interval: no tick of the second is one of the first's users.
    let second = try server.daemon(.init(users: ["Irfan", "Zoe"], intervalSeconds: 60))
    try await second.start(waiting: false)
    try await eventually("the second has the lock: \(second.log)") {
      if try second.http("/readyz").status == 200 { return true }
      if try await isHeld(server, by: first), let holder = try await lockHolder(server) {
        try await server.byHand("KILL \(holder)")
      }
      // It is asked for the lock when it comes.
      try await Task.sleep(for: .milliseconds(300))
      return try second.http("/readyz").status == 200
    }
    try await eventually("the first says so: \(first.log)") {
      let answer = try first.control("/readyz")
      return answer.status == 503 && answer.body.contains("another pointsd works on this database")
    }
    let before = try await ledger(server, of: "'Afif', 'Faiz'")
    for change in ["users/Afif/pause", "servers/Afif/stop", "users/Afif/reset"] {
      #expect(try first.control("/api/\(change)", method: "POST").status == 503)
    }
    // The second works, for longer than three of the first's intervals.
    for round in 1...5 {
      let body = "{\"delta\":5,\"reason\":\"round \(round)\"}"
      let change = try second.control("/api/users/Irfan/adjust", method: "POST", body: body)
      #expect(change.status == 200)
      try await Task.sleep(for: .milliseconds(200))
    }
    #expect(try await ledger(server, of: "'Afif', 'Faiz'") == before)
    #expect(try second.differences() == [])
    let end = try await second.terminated()
    #expect(end.status == 0, "\(end.log)")
    #expect(try await server.openRuns() == ["Afif", "Faiz"])

    try await eventually("the first works again: \(first.log)") {
      try first.http("/readyz").status == 200 && first.differences() == []
    }
    try await expectNothingLost(server, users: "'Afif', 'Faiz'")
    #expect(try await first.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  /// One run each, never closed, credited up to the present.
  private func expectNothingLost(_ server: GivenServer, users: String) async throws {
    try await eventually("each has one run that is credited up to the present") {
      try await server.texts(
        """
        SELECT CONCAT_WS(' ', COUNT(*), SUM(points = (last_slot - first_slot) * 10), \
        SUM(closed_at IS NULL AND last_slot >= \
        CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) DIV interval_ms - 10)) \
        FROM user_tracking JOIN runs USING (user) WHERE user IN (\(users))
        """) == ["2 2 2"]
    }
  }

  /// A second daemon of the same users, by mistake: it waits for the first one, and whatever ends
  /// it, it closes no run of the first.
  @Test func aSecondOfTheSameUsersClosesNothing() async throws {
    let server = try await GivenServer.make(.shared())
    let first = try server.daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 0.2))
    try await first.start()
    let second = try server.daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 0.2))
    for waits in [false, true] {
      try await second.start(waiting: false)
      let end: DaemonEnd
      if waits {
        end = try await second.ended()
        #expect(end.status == 75, "\(end.log)")
        #expect(end.log.contains("another pointsd works on this database"))
      } else {
        try await eventually("it waits") { second.log.contains("another pointsd works on") }
        end = try await second.terminated()
      }
      #expect(try await server.openRuns() == ["Afif", "Faiz"], "\(end.log)")
    }
    #expect(try await server.texts("SELECT CONCAT(COUNT(*)) FROM runs") == ["2"])
    #expect(try first.differences() == [])
    #expect(try await first.stop() == 0)
  }

  /// A daemon that comes back under another name, as after its control socket has moved: alone on the
  /// database it leaves nothing of its own to a name that was seen a moment ago.
  @Test func aStopClosesItsOwnThoughAnotherNameServedThem() async throws {
    let server = try await GivenServer.make(.shared())
    let former = try server.daemon(.init(users: ["Afif", "Faiz"]))
    try await former.start()
    former.kill()
    let daemon = try server.daemon(.init(users: ["Afif", "Irfan"]))
    try await daemon.start()
    let end = try await daemon.terminated()
    #expect(end.status == 0)
    #expect(try await server.openRuns() == ["Faiz"])
    #expect(!end.log.contains("stay open, left to the instance"), "\(end.log)")
  }

  @Test func aUserTakenOutWhileTheDaemonWasDeadIsClosedOnceItsRowIsFree() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 0.2))
    try await daemon.start()
    daemon.kill()
    try daemon.writeConfiguration(users: ["Afif"])
    let shell = try await server.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.executeText("SELECT * FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
      try session.executeText("SELECT * FROM runs WHERE user = 'Faiz' FOR UPDATE")
    }
    try await daemon.start()
    try await eventually("the one is named") {
      daemon.log.contains("Faiz stays as it is in the ledger for now")
    }
    #expect(try await server.openRuns() == ["Afif", "Faiz"])
    try await eventually("the other earns") { try daemon.points()["Afif"] ?? 0 > 0 }
    await shell.close()
    try await eventually("it is closed: \(daemon.log)") {
      daemon.log.contains("the run of Faiz was closed: no daemon serves the user any more")
    }
    #expect(try await server.openRuns() == ["Afif"])
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }
}
