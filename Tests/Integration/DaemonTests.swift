import Foundation
import Glibc
import Testing

/// The whole program as an operator meets it.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DaemonTests {
  @Test func usersStartedTogetherHaveEqualPointsAndALedgerThatAddsUp() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 >= 50 } }
    let points = try daemon.points()
    #expect(points.count == 5 && Set(points.values).count == 1)
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
    #expect(daemon.databaseProcess == nil)
  }

  @Test func aBusyPortIsOneServersTrouble() async throws {
    let daemon = try Daemon()
    let holder = try PortHolder(port: daemon.port(of: "Faiz"))
    try await daemon.start()
    let servers = try daemon.http("/api/servers").json["data"] as? [[String: Any]] ?? []
    let faiz = servers.first { $0["user"] as? String == "Faiz" }
    #expect(faiz?["status"] as? String == "backing off")
    #expect((faiz?["reason"] as? String)?.contains("\(daemon.port(of: "Faiz"))") == true)
    #expect(servers.filter { $0["status"] as? String == "running" }.count == 4)
    holder.release()
    try await eventually("the port is taken once it is free") {
      (try? TCPClient(port: daemon.port(of: "Faiz"))) != nil
    }
    try await daemon.stop()
  }

  @Test func aDatabaseOutageDisconnectsNobodyAndLosesNothing() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.5))
    try await daemon.start()
    let client = try TCPClient(port: daemon.port(of: "Afif"))
    try client.send("get_data\n")
    #expect(try client.readLines(1)[0].contains("Stale") == false)
    // The server hangs; it is alive, and must not be killed.
    daemon.stopDatabase(SIGSTOP)
    try await eventually("answers carry their age") {
      try client.send("get_data\n")
      return try client.readLines(1)[0].contains(" | Stale: ")
    }
    try await eventually("readiness says why") {
      let answer = try daemon.http("/readyz")
      return answer.status == 503 && answer.body.contains("database")
    }
    let change = try daemon.control("/api/users/Afif/reset", method: "POST")
    #expect(change.status == 503)
    // Those without rights get no path and no account.
    for path in ["/readyz", "/api/servers", "/api/users/Afif/history"] {
      let body = try daemon.http(path).body
      #expect(!body.contains(daemon.directory) && !body.contains("pointsd@"), "\(body)")
    }
    daemon.stopDatabase(SIGCONT)
    try await eventually("answers are fresh again") {
      try client.send("get_data\n")
      return try client.readLines(1)[0].contains("Stale") == false
    }
    try await eventually("everything is caught up") {
      try daemon.http("/readyz").status == 200 && daemon.differences() == []
        && Set(daemon.points().values).count == 1
    }
    #expect(try await daemon.stop() == 0)
  }

  @Test func editsByHandAreAnsweredAndInTheLedger() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 86_400))
    try await daemon.start()
    let watcher = try TCPClient(port: daemon.port(of: "Afif"))
    try watcher.send("watch\n")
    _ = try watcher.readLines(1)
    try daemon.sql("UPDATE user_tracking SET points = 777 WHERE user = 'Afif'")
    #expect(try watcher.readLines(1)[0].contains("Points: 777"))
    let entry = try daemon.sql(
      "SELECT delta, made_by FROM adjustments WHERE user = 'Afif' AND delta <> 0")
    #expect(entry.hasPrefix("777\troot@localhost") || entry.hasPrefix("777\t"))
    #expect(try daemon.differences() == [])
    try daemon.sql("TRUNCATE user_tracking")
    let differences = try daemon.differences() ?? []
    #expect(differences.contains { $0.contains("Afif") })
    try await daemon.stop()
  }

  @Test func hostileNamesWorkEverywhere() async throws {
    let names = [
      "Robert'); DROP TABLE user_tracking;--", "🍣", "🍺", "<script>alert(1)</script>",
      String(repeating: "é", count: 50), "a/b?c#d%20", "\"quoted\\\"",
    ]
    let daemon = try Daemon(.init(users: names, intervalSeconds: 0.2))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    #expect(Set(try daemon.points().keys) == Set(names))
    for name in names {
      let client = try TCPClient(port: daemon.port(of: name))
      try client.send("get_json\n")
      let answer = try client.readLines(1)[0]
      let json = try JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]
      #expect(json?["user"] as? String == name)
      let path =
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name
      #expect(try daemon.http("/api/users/\(path)").status == 200, "\(name)")
    }
    #expect(try daemon.differences() == [])
    try await daemon.stop()
  }

  @Test func aThousandUsersOnAThousandPorts() async throws {
    let names = (1...1000).map { "user\($0)" }
    let daemon = try Daemon(
      .init(users: names, intervalSeconds: 1, softDescriptorLimit: 1024))
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    let identifier = daemon.process?.processIdentifier ?? 0
    let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/task")
    #expect(threads.count < 20)
    let client = try TCPClient(port: daemon.port(of: "user1000"))
    try client.send("get_data\n")
    #expect(try client.readLines(1)[0].contains("user1000"))
    #expect(try await daemon.stop() == 0)
  }

  @Test func profilesAndExitStatuses() async throws {
    let daemon = try Daemon(.init(arguments: ["--profile", "afif", "--profile", "server5"]))
    try await daemon.start()
    let servers = try daemon.http("/api/servers").json["data"] as? [[String: Any]] ?? []
    let running = servers.filter { $0["status"] as? String == "running" }
    #expect(Set(running.compactMap { $0["user"] as? String }) == ["Afif", "Faiz"])
    #expect(try await daemon.stop() == 0)

    let binary = Daemon.binary("pointsd").path
    #expect(try run(binary, ["--config", daemon.configurationFile, "--check"]).status == 0)
    #expect(
      try run(
        "/bin/sh",
        ["-c", "exec \"$0\" --config \"$1\" --check > /dev/full", binary, daemon.configurationFile]
      ).status == 75)
    #expect(try run(binary, []).status == 64)
    #expect(try run(binary, ["--config", "/nonexistent"]).status == 78)
    let unknown = try run(
      binary, ["--config", daemon.configurationFile, "--profile", "nobody"])
    #expect(unknown.status == 64 && unknown.errors.contains("nobody"))
  }

  @Test func aSecondDaemonOnTheSameDataIsRefused() async throws {
    let daemon = try Daemon()
    try await daemon.start()
    let second = try run(
      Daemon.binary("pointsd").path, ["--config", daemon.configurationFile])
    #expect(second.status == 75)
    #expect(second.errors.contains("\(daemon.process?.processIdentifier ?? 0)"))
    try await daemon.stop()
  }
}
