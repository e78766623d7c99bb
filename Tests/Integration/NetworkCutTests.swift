import Foundation
import Glibc
import TestSupport
import Testing

/// A network between daemon and database that loses what is on its way for good: neither side hears
/// of the end of a connection.
@Suite(.serialized, .timeLimit(.minutes(10))) struct NetworkCutTests {
  /// How long the network is cut; the long form is as long as in the report that this comes from.
  private let cut = Duration.seconds(6)

  private func start() async throws -> (GivenServer, CommitDroppingProxy, Daemon) {
    let server = try await GivenServer.make(.shared())
    let proxy = try CommitDroppingProxy(before: server.settings, percent: 0, seed: 1)
    let daemon = try server.daemon(.init(intervalSeconds: 0.2), through: proxy)
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    return (server, proxy, daemon)
  }

  private func expectNothingLost(_ daemon: Daemon, _ server: GivenServer) async throws {
    try await eventually("it adds up: \(daemon.log)") {
      try daemon.differences() == [] && Set(daemon.points().values).count == 1
    }
    let accounts = try await server.texts(
      "SELECT CONCAT_WS(' ', COUNT(*), SUM(points = (last_slot - first_slot) * 10))"
        + " FROM user_tracking JOIN runs USING (user)")
    #expect(accounts == ["5 5"])
  }

  @Test func theDaemonDoesNotTakeItselfForAnotherOne() async throws {
    let (server, proxy, daemon) = try await start()
    proxy.cut()
    try await eventually("readiness says so") { try daemon.http("/readyz").status == 503 }
    try await Task.sleep(for: cut)
    proxy.heal()
    try await eventually("it is ready again: \(daemon.log)") {
      try daemon.http("/readyz").status == 200
    }
    #expect(daemon.log.contains("the database is away"))
    #expect(!daemon.log.contains("another pointsd"), "\(daemon.log)")
    try await expectNothingLost(daemon, server)
    #expect(try await daemon.stop() == 0, "\(daemon.log.suffix(3000))")
    #expect(try await server.openRuns() == [])
  }

  /// The server still has the session, and the lock, of the daemon that was killed behind the cut. A
  /// daemon gives up when it is refused for 15 s; this one does not.
  @Test func aRestartIsNotRefused() async throws {
    let (server, proxy, daemon) = try await start()
    proxy.cut()
    daemon.kill()
    proxy.heal()
    try await daemon.start()
    #expect(daemon.process?.isRunning == true)
    try await expectNothingLost(daemon, server)
    #expect(try await daemon.stop() == 0)
  }
}
