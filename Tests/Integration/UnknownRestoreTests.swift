import Foundation
import MariaDB
import TestSupport
import Testing

/// A restore whose connection dies as the ledgers are exchanged, and one that gives up.
@Suite(.timeLimit(.minutes(10))) struct UnknownRestoreTests {
  /// A daemon with a backup in which Faiz has 7,000 points more than the ledger has by now.
  private func start() async throws -> (GivenServer, CommitDroppingProxy, Daemon, backup: String) {
    let server = try await GivenServer.make(.shared())
    let proxy = try CommitDroppingProxy(before: server.settings) { _ in false }
    let daemon = try server.daemon(.init(intervalSeconds: 0.2), through: proxy)
    try await daemon.start()
    let file = daemon.directory + "/backup.sql"
    try adjust(daemon, 7000)
    #expect(try daemon.pointsctl("backup", file).status == 0)
    try adjust(daemon, -7000)
    return (server, proxy, daemon, try String(contentsOfFile: file, encoding: .utf8))
  }

  private func adjust(_ daemon: Daemon, _ delta: Int) throws {
    let answer = try daemon.control(
      "/api/users/Faiz/adjust", method: "POST", body: #"{"delta":\#(delta),"reason":"exam"}"#)
    #expect(answer.status == 200, "\(answer.body)")
  }

  /// The last line of the answer.
  private func restore(_ daemon: Daemon, _ backup: String) async throws -> [String: Any] {
    let answer = try await daemon.operatorClient.asking("/api/restore", body: backup)
    // The body comes in chunks: lines of JSON between their sizes.
    let lines = answer.body.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("{") }
    return try JSONSerialization.jsonObject(with: Data((lines.last ?? "{}").utf8))
      as? [String: Any] ?? [:]
  }

  /// Everybody earns, and what a person edits is recorded.
  private func expectLife(
    _ daemon: Daemon, _ server: GivenServer, isRestored: Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try daemon.points()
    #expect((before["Faiz"] ?? 0 >= 7000) == isRestored, sourceLocation: sourceLocation)
    try await eventually(
      "everybody earns", { try daemon.points().allSatisfy { $0.value > before[$0.key] ?? 0 } },
      sourceLocation: sourceLocation)
    let edits = "SELECT COUNT(*) FROM adjustments WHERE source = 'hand' AND delta = 5"
    let recorded = try await server.texts("SELECT CAST((\(edits)) + 1 AS CHAR)")
    try await server.byHand("UPDATE user_tracking SET points = points + 5 WHERE user = 'Afif'")
    #expect(
      try await server.texts("SELECT CAST((\(edits)) AS CHAR)") == recorded,
      sourceLocation: sourceLocation)
    try await daemon.agrees(
      { try await server.texts(Daemon.ledgerStanding) }, sourceLocation: sourceLocation)
  }

  @Test(arguments: [ProxyFault.Loss.reply, .connection, .request])
  func whatIsToldOfALostExchangeIsTrue(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon, backup) = try await start()
    proxy.meet(ProxyFault(loss, of: "RENAME TABLE"))
    let told = try await restore(daemon, backup)
    #expect(proxy.waitingFaults == 0)
    let isRestored = told["success"] as? Bool == true
    if loss != .connection { #expect(isRestored == (loss == .reply), "\(told)") }
    if !isRestored {
      #expect(told["status"] as? Int == 503)
      #expect((told["error"] as? String)?.contains("nothing was changed") == true, "\(told)")
    }
    try await expectLife(daemon, server, isRestored: isRestored)
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  @Test(arguments: [ProxyFault.Loss.reply, .request])
  func whatIsNotKnownYetIsSaidAndThenTheTruth(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon, backup) = try await start()
    proxy.meet(ProxyFault(loss, of: "RENAME TABLE", thenAway: true))
    let told = try await restore(daemon, backup)
    #expect(told["status"] as? Int == 504, "\(told)")
    let identifier = try #require(told["operation"] as? String, "\(told)")
    let path = "/api/operations/\(identifier)"
    let record = {
      (try daemon.control(path).json["data"] as? [String: Any])?["outcome"] as? String
    }
    #expect(try record() == "unknown")
    // Nothing else is changed meanwhile.
    let pause = try daemon.control("/api/users/Afif/pause", method: "POST")
    #expect(pause.status == 503)
    #expect(pause.body.contains(identifier), "\(pause.body)")
    proxy.admit()
    if loss == .reply {
      try await eventually("it is known to be done") { try record() == "done" }
    } else {
      try await eventually("it is known not to be done") {
        try daemon.control(path).status == 404
      }
      #expect(daemon.log.contains("did not take place and never will"))
    }
    try await eventually("changes are made again") {
      try daemon.control("/api/users/Afif/resume", method: "POST").status == 200
    }
    try await expectLife(daemon, server, isRestored: loss == .reply)
    #expect(try await daemon.stop() == 0)
  }

  /// A shell holds `runs` for as long as the restore tries.
  @Test func anEditMadeWhileARestoreWaitsIsRecorded() async throws {
    let (server, _, daemon, backup) = try await start()
    // What a first restore keeps, a second that is refused keeps too.
    #expect(try await restore(daemon, backup)["success"] as? Bool == true)
    try adjust(daemon, -7000)
    let kept = "SELECT CONCAT_WS(' ', user, points, datetime_stamp) FROM replaced_user_tracking"
    let before = try await server.texts(kept)
    #expect(before.count == 5)
    let shell = try await server.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.executeText("SELECT * FROM runs")
    }
    let client = daemon.operatorClient
    let restoring = Task {
      try await client.asking("/api/restore", body: backup)
    }
    try await eventually("the restore waits") {
      try await server.texts(
        "SELECT state FROM information_schema.processlist WHERE info LIKE 'RENAME TABLE%'"
      ).contains { $0.contains("metadata lock") }
    }
    var edits = 0
    while try await server.texts("SHOW TABLES LIKE 'restoring%'") != [] {
      do {
        try await server.byHand("UPDATE user_tracking SET points = points + 5 WHERE user = 'Afif'")
        edits += 1
      } catch let error as DatabaseError where error.code == 1205 {
        // It waited behind the restore, which is what a lock does.
      }
    }
    let answer = try await restoring.value
    #expect(answer.body.contains("locked by another transaction"), "\(answer.body)")
    #expect(edits > 0)
    #expect(
      try await server.texts(
        "SELECT CAST(COUNT(*) AS CHAR) FROM adjustments WHERE source = 'hand' AND delta = 5")
        == ["\(edits)"])
    await shell.close()
    #expect(try await server.texts(kept) == before)
    try await expectLife(daemon, server, isRestored: false)
    #expect(try await daemon.stop() == 0)
  }
}
