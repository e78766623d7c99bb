import Foundation
import Glibc
import Synchronization
import MariaDB
import TestSupport
import Testing

/// What is asked after the start holds, whatever `--profile` said and however changes meet.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StopWinsTests {
  private func status(_ daemon: Daemon, _ user: String) throws -> (status: String, wanted: String) {
    let servers = try daemon.control("/api/servers").json["data"] as? [[String: Any]] ?? []
    let server = servers.first { $0["user"] as? String == user }
    return (server?["status"] as? String ?? "", server?["wanted"] as? String ?? "")
  }

  /// - Parameter whileLocked: the stop is asked for while the row is locked still, and again until
  ///   it is done.
  @Test(arguments: [false, true])
  func aRowLockedAtTheStartAndAProfile(whileLocked: Bool) async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(
      .init(users: ["Afif", "Faiz"], intervalSeconds: 0.2, arguments: ["--profile", "all"]))
    try await daemon.start()
    // It is stopped from before, so that the profile has something to override.
    #expect(try daemon.control("/api/servers/Faiz/stop", method: "POST").status == 200)
    #expect(try await daemon.stop() == 0)
    let shell = try await server.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.executeText("SELECT * FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    try await daemon.start(waiting: false)
    try await eventually("the other earns: \(daemon.log)") { try daemon.points()["Afif"] ?? 0 > 0 }
    func stop() throws -> Int {
      try daemon.control("/api/servers/Faiz/stop", method: "POST").status
    }
    if whileLocked { #expect(try stop() == 503) }
    await shell.close()
    try await eventually("it is stopped: \(daemon.log)") { try stop() == 200 }
    // Turns of the loop and ticks go by, and nothing opens its run.
    let points = try #require(try daemon.points()["Faiz"])
    let other = try #require(try daemon.points()["Afif"])
    for _ in 0..<3 {
      try await server.byHand("UPDATE intents SET reason = UUID() WHERE user = 'Afif'")
      #expect(try daemon.control("/api/users/Afif/resume", method: "POST").status == 200)
    }
    try await eventually("ticks go by") { try daemon.points()["Afif"] ?? 0 >= other + 100 }
    #expect(try daemon.points()["Faiz"] == points)
    #expect(try await server.openRuns() == ["Afif"])
    #expect(try status(daemon, "Faiz") == ("stopped", "stopped"))
    #expect(
      try await server.texts("SELECT CONCAT(running) FROM intents WHERE user = 'Faiz'") == ["0"])
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  /// Stop and pause of one user at once: both hold.
  @Test(arguments: [[], ["--profile", "all"]])
  func stopAndPauseAtOnce(_ arguments: [String]) async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(
      .init(users: ["Afif", "Faiz"], intervalSeconds: 0.2, arguments: arguments))
    try await daemon.start()
    for round in 0..<10 {
      let statuses = try await both(daemon, ["servers/Faiz/stop", "users/Faiz/pause"])
      #expect(statuses == [200, 200])
      let intent = try await server.texts(
        "SELECT CONCAT(running, paused) FROM intents WHERE user = 'Faiz'")
      #expect(intent == ["01"], "round \(round)")
      #expect(try await server.openRuns() == ["Afif"])
      #expect(try status(daemon, "Faiz").wanted == "stopped")
      #expect(try daemon.control("/api/servers/Faiz/start", method: "POST").status == 200)
      #expect(try status(daemon, "Faiz").wanted == "paused")
      #expect(try await server.openRuns() == ["Afif"])
      #expect(try daemon.control("/api/users/Faiz/resume", method: "POST").status == 200)
      #expect(try await server.openRuns() == ["Afif", "Faiz"])
    }
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  /// The statuses of changes of one user that are asked for at once.
  private func both(_ daemon: Daemon, _ changes: [String]) async throws -> [Int] {
    let socket = daemon.controlSocket
    return try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for (index, change) in changes.enumerated() {
        group.addTask {
          let request =
            "POST /api/\(change) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
          let client = try TCPClient(socket: socket)
          try client.send(request)
          let answer = try client.readToEnd()
          return (index, answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0)
        }
      }
      var statuses = changes.map { _ in 0 }
      for try await (index, status) in group { statuses[index] = status }
      return statuses
    }
  }
}
