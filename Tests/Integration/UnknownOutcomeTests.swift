import Foundation
import TestSupport
import Testing

/// The answer to a COMMIT is lost and the database is away: what clients are told is true.
@Suite(.timeLimit(.minutes(10))) struct UnknownOutcomeTests {
  private func start(
    _ options: Daemon.Options = .init(intervalSeconds: 0.2)
  ) async throws -> (GivenServer, CommitDroppingProxy, Daemon) {
    let server = try await GivenServer.make(.shared())
    let proxy = try CommitDroppingProxy(before: server.settings) { _ in false }
    let daemon = try server.daemon(options, through: proxy)
    try await daemon.start()
    return (server, proxy, daemon)
  }

  /// Asks again under one key until it was done; returns every answer.
  private func persist(
    _ client: Daemon.OperatorClient, _ path: String, _ body: String = "{}", key: String,
    heard: @Sendable (Daemon.Response) -> Void = { _ in }
  ) async throws -> [Daemon.Response] {
    var answers: [Daemon.Response] = []
    while answers.count < 300, answers.last?.status != 200 {
      if !answers.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
      answers.append(
        try await client.asking(path, body: body, headers: ["Idempotency-Key: \(key)"]))
      heard(answers[answers.count - 1])
    }
    return answers
  }

  private func operation(_ daemon: Daemon, _ identifier: Any?) throws -> [String: Any] {
    let answer = try daemon.control("/api/operations/\(identifier as? String ?? "none")")
    return answer.json["data"] as? [String: Any] ?? ["status": answer.status]
  }

  @Test(arguments: [ProxyFault.Loss.reply, .connection, .request])
  func anAdjustmentIsMadeOnceAndNeverCalledNotDone(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon) = try await start()
    // Away for 3 s: known in time, or 504 and the truth by the operation's id.
    proxy.meet(
      ProxyFault(loss, of: "COMMIT", after: "INSERT INTO operations", thenAway: true))
    let back = Task {
      try await eventually("the fault is met") { proxy.waitingFaults == 0 }
      try await Task.sleep(for: .seconds(3))
      proxy.admit()
    }
    let body = #"{"delta":1000,"reason":"prize"}"#
    let told = try await persist(
      daemon.operatorClient, "/api/users/Afif/adjust", body, key: "prize")
    try await back.value
    #expect(told.last?.status == 200)
    #expect(Set(told.map(\.status)).isSubset(of: [200, 504]), "\(told.map(\.body))")
    for answer in told where answer.status == 504 {
      let outcome = try operation(daemon, answer.json["operation"])["outcome"] as? String
      #expect(loss == .connection || outcome == (loss == .reply ? "done" : "void"))
    }
    // A daemon that still takes the database for away would rightly refuse the next change.
    try await eventually("the database is back") { try daemon.http("/readyz").status == 200 }
    // Away until it was said that the outcome is unknown, and while the client asks again.
    proxy.meet(
      ProxyFault(loss, of: "COMMIT", after: "INSERT INTO operations", thenAway: true))
    let client = daemon.operatorClient
    let unknown = try await client.asking(
      "/api/users/Faiz/adjust", body: body, headers: ["Idempotency-Key: second"])
    #expect(unknown.status == 504, "\(unknown.body)")
    let identifier = unknown.json["operation"]
    #expect(try operation(daemon, identifier)["outcome"] as? String == "unknown")
    let again = try await client.asking(
      "/api/users/Faiz/adjust", body: body, headers: ["Idempotency-Key: second"])
    #expect(again.status == 504, "\(again.body)")
    #expect(again.json["operation"] as? String == identifier as? String)
    proxy.admit()
    var outcome: String?
    try await eventually("the outcome is known") {
      outcome = try operation(daemon, identifier)["outcome"] as? String
      return outcome == "done" || outcome == "void"
    }
    if loss != .connection { #expect(outcome == (loss == .reply ? "done" : "void")) }
    let prizes = try await server.texts("SELECT user FROM adjustments WHERE delta = 1000")
    #expect(prizes.sorted() == ["Afif"] + (outcome == "done" ? ["Faiz"] : []))
    // Asked once more it is made once: the key of a change that was not done is free.
    let last = try await persist(client, "/api/users/Faiz/adjust", body, key: "second")
    #expect(last.last?.status == 200)
    #expect(
      try await server.texts("SELECT user FROM adjustments WHERE delta = 1000").sorted()
        == ["Afif", "Faiz"])
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  /// What was done lately is answered alike although the database is away.
  @Test func aKeyThatWasDoneIsNotCalledNotDoneWhileTheDatabaseIsAway() async throws {
    let (_, proxy, daemon) = try await start()
    let key = ["Idempotency-Key: once"]
    let body = #"{"delta":1000,"reason":"prize"}"#
    let first = try daemon.control(
      "/api/users/Afif/adjust", method: "POST", body: body, headers: key)
    #expect(first.status == 200)
    proxy.refuse()
    try await eventually("the database is known to be away") {
      try daemon.control("/api/users/Irfan/pause", method: "POST").status == 503
    }
    let second = try daemon.control(
      "/api/users/Afif/adjust", method: "POST", body: body, headers: key)
    #expect(second.status == 200)
    #expect(second.body == first.body)
    proxy.admit()
    try await eventually("it is back") { try daemon.http("/readyz").status == 200 }
    #expect(try await daemon.stop() == 0)
  }

  @Test(arguments: [ProxyFault.Loss.reply, .connection, .request])
  func whatIsAskedOfAServerIsSeenAlikeEverywhere(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon) = try await start()
    for change in ["pause", "resume", "stop", "start"] {
      // Away for a short while, and until the client heard that it is unknown.
      for isLong in [false, true] {
        let user = isLong ? "Faiz" : "Afif"
        let path = ["stop", "start"].contains(change) ? "servers" : "users"
        proxy.meet(
          ProxyFault(loss, of: "COMMIT", after: "INSERT INTO operations", thenAway: true))
        if !isLong {
          Task {
            try await eventually("the fault is met") { proxy.waitingFaults == 0 }
            try await Task.sleep(for: .seconds(1))
            proxy.admit()
          }
        }
        let name = user == "Faiz" ? "server5" : "server1"
        let told = try await persist(
          daemon.operatorClient, "/api/\(path)/\(path == "users" ? user : name)/\(change)",
          key: "\(change) \(user)"
        ) { if $0.status == 504 { proxy.admit() } }
        #expect(
          Set(told.map(\.status)).isSubset(of: loss == .reply ? [200, 504] : [200, 503, 504]))
        try await daemon.agrees { try await server.texts(Daemon.ledgerStanding) }
      }
    }
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  /// A change whose outcome is unknown as the daemon stops opens no run behind it.
  @Test(arguments: [ProxyFault.Loss.reply, .connection, .request])
  func aCleanStopLeavesNoRunOpenWhateverBecomesOfAChange(_ loss: ProxyFault.Loss) async throws {
    let (server, proxy, daemon) = try await start()
    #expect(try daemon.control("/api/users/Afif/pause", method: "POST").status == 200)
    proxy.meet(
      ProxyFault(loss, of: "COMMIT", after: "INSERT INTO operations", thenAway: true))
    let answer = try await daemon.operatorClient.asking("/api/users/Afif/resume")
    #expect(answer.status == 504, "\(answer.body)")
    daemon.process?.terminate()
    try await eventually("it stops") { daemon.log.contains("stopping, asked by SIGTERM") }
    proxy.admit()
    #expect(try await daemon.ended().status == 0, "\(daemon.log)")
    #expect(try await server.openRuns() == [])
  }
}
