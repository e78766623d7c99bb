import TestSupport
import Testing

/// A client repeats its change under its key, and the daemon that made it is not the one that answers.
@Suite(.timeLimit(.minutes(5))) struct RestartedKeyTests {
  @Test func whatTheDaemonBeforeHasDoneIsNotCalledNotDone() async throws {
    let server = try await GivenServer.make(.shared())
    let proxy = try CommitDroppingProxy(before: server.settings) { _ in false }
    let daemon = try server.daemon(through: proxy)
    try await daemon.start()
    func repeated() throws -> (status: Int, body: String) {
      let answer = try daemon.control(
        "/api/users/Afif/adjust", method: "POST", body: #"{"delta":1000,"reason":"prize"}"#,
        headers: ["Idempotency-Key: once"])
      return (answer.status, answer.body)
    }
    #expect(try repeated().status == 200)
    daemon.kill()
    proxy.refuse()
    try await daemon.start(waiting: false)
    try await eventually("the control socket answers") {
      try daemon.control("/healthz").status == 200
    }
    let answer = try repeated()
    #expect(answer.status == 504, "\(answer.body)")
    #expect(answer.body.contains(#""operation":"key-6f6e6365""#))
    // Without a key nothing can have been asked before.
    #expect(try daemon.control("/api/users/Afif/pause", method: "POST").status == 503)
    proxy.admit()
    try await eventually("it is ready") { try daemon.http("/readyz").status == 200 }
    let known = try daemon.control("/api/operations/key-6f6e6365")
    #expect(known.status == 200 && known.body.contains(#""outcome":"done""#))
    let again = try repeated()
    #expect(again.status == 200 && again.body.contains(#""points":1"#), "\(again.body)")
    let sum = try await server.texts("SELECT SUM(delta) FROM adjustments WHERE user = 'Afif'")
    #expect(sum == ["1000"])
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }
}
