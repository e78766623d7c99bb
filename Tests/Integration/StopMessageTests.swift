import Foundation
import Glibc
import Synchronization
import MariaDB
import TestSupport
import Testing

/// What a stop says, and what a full disk does to changes and to a stop.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StopMessageTests {
  @Test func aStopWithOneRowLockedNamesTheUser() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    let shell = try await server.shell()
    for table in ["user_tracking", "runs"] {
      try await shell.run { session in
        try session.executeText("START TRANSACTION")
        try session.executeText("SELECT * FROM \(table) WHERE user = 'Faiz' FOR UPDATE")
      }
      let end = try await daemon.terminated()
      #expect(end.status == 75, "\(table)")
      #expect(end.names("Faiz"), "\(end.log)")
      #expect(end.log.contains("the runs of 1 users were left open"), "\(end.log)")
      for user in ["Afif", "Syahmi", "Irfan", "Hairiel"] { #expect(!end.names(user)) }
      #expect(try await server.openRuns() == ["Faiz"])
      try await shell.run { try $0.executeText("ROLLBACK") }
      try await daemon.start()
      try await eventually("it adds up") { try daemon.differences() == [] }
    }
    await shell.close()
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  /// The runs are closed, and only the answer is lost, once or three times.
  @Test(arguments: [1, 3])
  func aStopWhoseAnswerIsLostDoesNotSayThatRunsWereLeftOpen(_ count: Int) async throws {
    let server = try await GivenServer.make(.shared())
    let toLose = Atomic(0)
    let proxy = try CommitDroppingProxy(before: server.settings) { _ in
      toLose.load(ordering: .relaxed) > 0
        && toLose.subtract(1, ordering: .relaxed).oldValue > 0
    }
    // No ticks: the next commit is the stop's.
    let daemon = try server.daemon(.init(intervalSeconds: 3600), through: proxy)
    try await daemon.start()
    toLose.store(count, ordering: .relaxed)
    let end = try await daemon.terminated()
    #expect(proxy.dropped == count)
    #expect(end.status == 0, "\(end.log)")
    #expect(!end.log.contains("left open"), "\(end.log)")
    #expect(try await server.openRuns() == [])
  }

  /// Nothing can be added any more, as on a full disk; what is there can still be changed, and so
  /// ticks work.
  @Test func aFullDiskIsNoFaultOfOursAndACleanStopWorksAsLongAsTicksDo() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    for table in ["operations", "adjustments", "intents", "runs", "served", "ledger_settings"] {
      try await server.byHand(
        """
        CREATE TRIGGER full_\(table) BEFORE INSERT ON \(table) FOR EACH ROW SIGNAL SQLSTATE \
        'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'Disk full; waiting for someone to free some'
        """)
    }
    let changes = [
      ("users/Afif/adjust", "{\"delta\":5,\"reason\":\"test\"}"), ("users/Afif/reset", "{}"),
      ("users/Afif/pause", "{}"), ("servers/Afif/stop", "{}"), ("groups/all/pause", "{}"),
    ]
    for (path, body) in changes {
      let answer = try daemon.control("/api/\(path)", method: "POST", body: body)
      #expect(answer.status == 503, "\(path): \(answer.body)")
      #expect(answer.body.contains("1021"), "\(path): \(answer.body)")
    }
    let before = try daemon.points()
    try await eventually("ticks go on") {
      let now = try daemon.points()
      return before.allSatisfy { now[$0.key] ?? 0 > $0.value }
    }
    let end = try await daemon.terminated()
    #expect(end.status == 0, "\(end.log)")
    #expect(try await server.openRuns() == [])
  }
}
