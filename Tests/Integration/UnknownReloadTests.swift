import Foundation
import TestSupport
import Testing

/// A reload whose COMMIT, its answer or the reading after it is lost: as a whole, or not at all.
@Suite(.timeLimit(.minutes(10))) struct UnknownReloadTests {
  private let before = ["Afif", "Syahmi", "Faiz"]

  /// A daemon whose file has lost Faiz and got Zoe.
  private func start() async throws -> (GivenServer, CommitDroppingProxy, Daemon) {
    let server = try await GivenServer.make(.shared())
    let proxy = try CommitDroppingProxy(before: server.settings) { _ in false }
    let daemon = try server.daemon(
      .init(users: before + ["Zoe"], intervalSeconds: 0.2), through: proxy)
    try daemon.writeConfiguration(users: before)
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    let file = URL(fileURLWithPath: daemon.configurationFile)
    var configuration =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    var users = configuration["users"] as? [[String: Any]] ?? []
    users[2] = ["name": "Zoe", "port": daemon.port(of: "Zoe"), "server": "server4"]
    configuration["users"] = users
    try JSONSerialization.data(withJSONObject: configuration).write(to: file)
    return (server, proxy, daemon)
  }

  private func reload(_ daemon: Daemon) async throws -> Daemon.Response {
    try await daemon.operatorClient.asking("/api/reload", headers: ["Idempotency-Key: reload"])
  }

  /// Memory, ports and runs are those of one file.
  private func expect(
    _ users: [String], _ daemon: Daemon, _ server: GivenServer,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    #expect(
      try Set(daemon.standingOnThePage().keys) == Set(users), sourceLocation: sourceLocation)
    #expect(try await Set(server.openRuns()) == Set(users), sourceLocation: sourceLocation)
    for user in ["Faiz", "Zoe"] {
      #expect(
        ((try? TCPClient(port: daemon.port(of: user))) != nil) == users.contains(user),
        sourceLocation: sourceLocation)
    }
    try await daemon.agrees { try await server.texts(Daemon.ledgerStanding) }
  }

  private let after = ["Afif", "Syahmi", "Zoe"]

  @Test(arguments: 0...3)
  func aLostAnswerIsFound(_ readings: Int) async throws {
    let (server, proxy, daemon) = try await start()
    proxy.meet(ProxyFault(.reply, of: "COMMIT", after: "INSERT INTO operations"))
    // And the answer to the reading after it, this often.
    for _ in 0..<readings { proxy.meet(ProxyFault(.reply, of: "SELECT id, kind, user")) }
    let answer = try await reload(daemon)
    #expect(answer.status == 200, "\(answer.body)")
    #expect(proxy.waitingFaults == 0)
    try await expect(after, daemon, server)
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  @Test(arguments: [ProxyFault.Loss.reply, .connection, .request])
  func whatIsNotKnownYetIsSaidAndThenTheTruth(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon) = try await start()
    proxy.meet(
      ProxyFault(loss, of: "COMMIT", after: "INSERT INTO operations", thenAway: true))
    let answer = try await reload(daemon)
    #expect(answer.status == 504, "\(answer.body)")
    let identifier = try #require(answer.json["operation"] as? String)
    // Who asks again is told the same, not that it was refused.
    let again = try await reload(daemon)
    #expect(again.status == 504, "\(again.body)")
    #expect(again.json["operation"] as? String == identifier)
    proxy.admit()
    var record: [String: Any] = [:]
    try await eventually("the outcome is known: \(record)") {
      record =
        try daemon.control("/api/operations/\(identifier)").json["data"] as? [String: Any] ?? [:]
      return ["done", "void"].contains(record["outcome"] as? String)
    }
    let isDone = record["outcome"] as? String == "done"
    if loss != .connection { #expect(isDone == (loss == .reply)) }
    let users = record["users"] as? [[String: Any]] ?? []
    #expect(Set(users.map { $0["outcome"] as? String }) == [isDone ? "done" : "void"])
    #expect(Set(users.map { $0["user"] as? String }).isSuperset(of: ["Faiz", "Zoe"]))
    if !isDone {
      try await eventually("nothing was changed") {
        daemon.log.contains("everything goes on as before")
      }
      try await expect(before, daemon, server)
    }
    // The same once more is the same, or made now.
    var last = again
    try await eventually("the reload is made: \(last.body)") {
      last = try await reload(daemon)
      return last.status == 200
    }
    #expect((last.json["data"] as? [String: Any])?["changes"] as? Bool == true)
    try await expect(after, daemon, server)
    #expect(try await daemon.stop() == 0)
  }

  /// The runs of users that a reload brought are closed too, though it was not known to be done.
  @Test(arguments: [ProxyFault.Loss.reply, .connection, .request])
  func aStopWhileItIsNotKnownLeavesNoRunOpen(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon) = try await start()
    proxy.meet(
      ProxyFault(loss, of: "COMMIT", after: "INSERT INTO operations", thenAway: true))
    #expect(try await reload(daemon).status == 504)
    daemon.process?.terminate()
    try await eventually("it stops") { daemon.log.contains("stopping, asked by SIGTERM") }
    proxy.admit()
    #expect(try await daemon.ended().status == 0, "\(daemon.log)")
    #expect(try await server.openRuns() == [])
  }
}
