import Foundation
import Glibc
import Testing

/// The ledger saved and brought back by pointsctl, while clients ask and points are earned.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BackupTests {
  private func pointsctl(_ daemon: Daemon, _ arguments: String...) throws -> Finished {
    try run(Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket] + arguments)
  }

  @Test func bringsBackEveryPointAndDisconnectsNobody() async throws {
    let names = ["Afif", "Faiz", "Robert'); DROP TABLE runs;--", "back\\slash\"quote", "🍣 é"]
    let daemon = try Daemon(.init(users: names, intervalSeconds: 0.2))
    let file = daemon.directory + "/backup.sql"
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 30 } }
    let clients = try names.map { try TCPClient(port: daemon.port(of: $0)) }
    for client in clients {
      try client.send("ping\n")
      #expect(try client.readLines(1) == ["pong"])
    }
    // Stopped time and a line break are in the ledger too.
    #expect(try pointsctl(daemon, "stop", "faiz", "--reason", "a 'quote'; and \\n").status == 0)
    let backup = try pointsctl(daemon, "backup", file)
    #expect(backup.status == 0, "\(backup.errors)")
    let stopped = try daemon.points()["Faiz"]
    #expect(try pointsctl(daemon, "start", "faiz").status == 0)
    #expect(try pointsctl(daemon, "adjust", "afif", "1000000", "--reason", "slip").status == 0)
    let before = try #require(try daemon.points()["Afif"])
    let restore = try pointsctl(daemon, "restore", file)
    #expect(restore.status == 0, "\(restore.errors)")
    #expect(restore.errors.contains("verified"))
    let after = try daemon.points()
    #expect(try #require(after["Afif"]) < before - 900_000)
    // The stop is in force again, with its reason; the time since is nobody's.
    #expect(after["Faiz"] == stopped)
    #expect(try pointsctl(daemon, "ps").output.contains("a 'quote'; and"))
    #expect(try daemon.differences() == [])
    for (name, client) in zip(names, clients) where name != "Faiz" {
      try client.send("get_json\n")
      let json =
        try JSONSerialization.jsonObject(with: Data(client.readLines(1)[0].utf8)) as? [String: Any]
      #expect(json?["user"] as? String == name)
    }
    let once = try #require(try daemon.points()["Afif"])
    try await eventually("points are earned again") { try daemon.points()["Afif"] ?? 0 > once }
    // It is plain SQL for those who load it by hand.
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.contains("CREATE TABLE `user_tracking`"))
    #expect(try await daemon.stop() == 0)
    // And it holds over a restart.
    try await daemon.start()
    #expect(try daemon.differences() == [])
    #expect(try daemon.points()["Faiz"] == stopped)
    #expect(try await daemon.stop() == 0)
  }

  @Test func aKilledDaemonLeavesTheOldLedgerOrTheNew() async throws {
    let daemon = try Daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 0.2))
    let file = daemon.directory + "/backup.sql"
    try await daemon.start()
    #expect(try pointsctl(daemon, "backup", file).status == 0)
    for pause in [20_000, 60_000, 100_000, 140_000, 180_000, 220_000] as [UInt32] {
      let command = Process()
      command.executableURL = Daemon.binary("pointsctl")
      command.arguments = ["--socket", daemon.controlSocket, "restore", file]
      command.standardOutput = FileHandle.nullDevice
      command.standardError = FileHandle.nullDevice
      try command.run()
      // Somewhere in the middle; wherever it is, the outcome must be whole.
      usleep(pause)
      daemon.kill()
      command.waitUntilExit()
      try await daemon.start()
      #expect(try daemon.differences() == [])
      let triggers = try daemon.sql(
        "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()")
      #expect(triggers == "3\n")
    }
    #expect(try await daemon.stop() == 0)
  }

  @Test func filesThatCannotBeUsed() async throws {
    let daemon = try Daemon(.init(users: ["Afif"]))
    let file = daemon.directory + "/backup.sql"
    try await daemon.start()
    #expect(try pointsctl(daemon, "backup", file).status == 0)
    func expect(
      _ status: Int32, _ message: String, _ arguments: String...,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let outcome = try run(
        Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket] + arguments)
      #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(
        outcome.errors.contains(message), "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.output == "", sourceLocation: sourceLocation)
    }
    try expect(65, "is there already; --force replaces it", "backup", file)
    try expect(65, "/dev/full is not a file", "backup", "/dev/full", "--force")
    try expect(
      74, "cannot write /nowhere/b.sql: No such file or directory", "backup", "/nowhere/b.sql")
    try expect(66, "cannot read /nowhere: No such file or directory", "restore", "/nowhere")
    try expect(66, "is a directory", "restore", daemon.directory)
    try expect(
      65, "it does not begin as pointsctl backup writes it", "restore", daemon.configurationFile)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let changed = daemon.directory + "/changed.sql"
    try text.replacingOccurrences(of: "'Afif'", with: "'Faiz'").write(
      toFile: changed, atomically: true, encoding: .utf8)
    try expect(65, "it was changed", "restore", changed)
    try String(text.dropLast(100)).write(toFile: changed, atomically: true, encoding: .utf8)
    try expect(65, "it was cut off", "restore", changed)
    try "".write(toFile: changed, atomically: true, encoding: .utf8)
    try expect(65, "it is empty", "restore", changed)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: daemon.directory)
        .filter { $0.contains("partial") } == [])
    try FileManager.default.removeItem(atPath: file)
    #expect(try pointsctl(daemon, "backup", file).status == 0)
    #expect(try pointsctl(daemon, "backup", "--force", file).status == 0)
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }
}
