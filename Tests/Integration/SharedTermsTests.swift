import Foundation
import TestSupport
import Testing

/// Two daemons that are meant on one database, with a user in both files, under different terms.
@Suite(.timeLimit(.minutes(5))) struct SharedTermsTests {
  private func daemon(
    _ server: GivenServer, _ instance: String, _ users: [String], interval: Double
  ) throws -> Daemon {
    var options = Daemon.Options(users: users, intervalSeconds: interval)
    var section = try server.section()
    section["shared"] = true
    options.extra = ["instance": instance, "database": section]
    return try Daemon(options)
  }

  private func pointsctl(_ daemon: Daemon, _ arguments: String...) throws -> Finished {
    try run(Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket] + arguments)
  }

  @Test func neitherUndoesWhatTheOtherWasAsked() async throws {
    let server = try await GivenServer.make(.shared())
    let north = try daemon(server, "north", ["Afif", "Syahmi"], interval: 0.2)
    let south = try daemon(server, "south", ["Afif", "Zoe"], interval: 0.5)
    func runs() async throws -> Int {
      try await server.texts("SELECT CONCAT(id) FROM runs WHERE user = 'Afif'").count
    }
    try await north.start()
    try await eventually("it earns") { try north.points()["Afif"] ?? 0 >= 50 }
    try await south.start()
    try await eventually("both serve") { try south.points()["Zoe"] ?? 0 >= 50 }
    let before = try await runs()
    let earned = try north.points()["Afif"] ?? 0
    // Many turns of both.
    try await eventually("it earns on") { try north.points()["Afif"] ?? 0 >= earned + 300 }
    #expect(try await runs() == before)
    #expect(
      try pointsctl(south, "ps", "afif").output.contains("earns 10 points every 0.2 s, as another"))
    #expect(try pointsctl(south, "verify").output.contains("Afif earns 10 points every 0.2 s"))

    // What is asked of one is obeyed by both, and under its terms.
    #expect(try pointsctl(south, "pause", "afif").status == 0)
    try await eventually("both show it") {
      try pointsctl(north, "ps", "afif").output.contains("paused")
    }
    #expect(try pointsctl(south, "resume", "afif").status == 0)
    try await eventually("the first shows whose terms they are") {
      try pointsctl(north, "ps", "afif").output.contains("earns 10 points every 0.5 s, as another")
    }
    let resumed = try await runs()
    let present = try north.points()["Afif"] ?? 0
    try await eventually("it earns on") { try north.points()["Afif"] ?? 0 >= present + 100 }
    #expect(try await runs() == resumed)

    // Alone again, it earns as the one file says.
    #expect(try await south.stop() == 0)
    #expect(try north.differences() == [])
    #expect(try await north.stop() == 0)
    #expect(try await server.openRuns() == [])
  }
}
