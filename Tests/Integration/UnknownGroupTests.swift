import Foundation
import MariaDB
import TestSupport
import Testing

/// A group command whose outcome is unknown: what was done, what not and what is unknown, by user.
@Suite(.serialized, .timeLimit(.minutes(10))) struct UnknownGroupTests {
  private let users = ["Afif", "Syahmi", "Irfan", "Hairiel", "Faiz"]

  private func start() async throws -> (GivenServer, CommitDroppingProxy, Daemon) {
    let server = try await GivenServer.make(.shared())
    let proxy = try CommitDroppingProxy(before: server.settings) { _ in false }
    let daemon = try server.daemon(.init(intervalSeconds: 0.2), through: proxy)
    try await daemon.start()
    return (server, proxy, daemon)
  }

  /// What is said of each user, such as `done`.
  private func outcomes(_ json: Any?) -> [String: String] {
    let users = (json as? [String: Any])?["users"] as? [[String: Any]] ?? []
    return Dictionary(
      users.map { ($0["user"] as? String ?? "", $0["outcome"] as? String ?? "") },
      uniquingKeysWith: { $1 })
  }

  private func all(_ outcome: String) -> [String: String] {
    Dictionary(uniqueKeysWithValues: users.map { ($0, outcome) })
  }

  @Test(arguments: [ProxyFault.Loss.reply, .request])
  func itIsSaidByUser(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon) = try await start()
    proxy.meet(
      ProxyFault(loss, of: "COMMIT", after: "INSERT INTO operations", thenAway: true))
    let answer = try await daemon.operatorClient.asking("/api/groups/all/pause")
    #expect(answer.status == 504, "\(answer.body)")
    #expect(outcomes(answer.json) == all("unknown"))
    let identifier = try #require(answer.json["operation"] as? String)
    let record = { try daemon.control("/api/operations/\(identifier)").json["data"] }
    #expect(try outcomes(record()) == all("unknown"))
    proxy.admit()
    try await eventually("the outcome is known: \(answer.body)") {
      outcomes(try record()) == all(loss == .reply ? "done" : "void")
    }
    try await daemon.agrees { try await server.texts(Daemon.ledgerStanding) }
    #expect(
      Set(try daemon.standingOnThePage().values) == [loss == .reply ? "paused" : "running"])
    #expect(try await daemon.stop() == 0)
  }

  /// One row is locked, and the answer for the others is lost.
  @Test func thoseLeftOutAreNamedThoughTheAnswerWasLost() async throws {
    let (server, proxy, daemon) = try await start()
    let shell = try await server.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.executeText("SELECT * FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    proxy.meet(ProxyFault(.reply, of: "COMMIT", after: "INSERT INTO operations"))
    let paused = try run(
      Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket, "pause", "all", "Afif"])
    #expect(proxy.waitingFaults == 0)
    #expect(paused.status == 75, "\(paused)")
    for user in users.dropLast() { #expect(paused.errors.contains("\(user): done\n")) }
    #expect(paused.errors.contains("Faiz: locked ("), "\(paused.errors)")
    await shell.close()
    try await daemon.agrees { try await server.texts(Daemon.ledgerStanding) }
    #expect(try daemon.standingOnThePage()["Faiz"] == "running")
    #expect(try daemon.standingOnThePage()["Afif"] == "paused")
    #expect(try await daemon.stop() == 0)
  }
}
