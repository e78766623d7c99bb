import Foundation
import Testing

/// What the original's README and user guide tell people to do, each with ours beside it, as in
/// docs/user-control.md, from the first start to the last stop of one daemon.
@Suite(.serialized, .timeLimit(.minutes(5))) struct GuideTests {
  private static let guide: String = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/user-control.md")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }()

  /// A daemon of the five users, each in the group of the original.
  private func daemon(_ arguments: [String] = [], open: Bool = false) throws -> Daemon {
    var options = Daemon.Options()
    options.intervalSeconds = 0.2
    options.arguments = arguments
    let daemon = try Daemon(options)
    let file = URL(fileURLWithPath: daemon.configurationFile)
    var configuration =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    var users = configuration["users"] as? [[String: Any]] ?? []
    for index in users.indices {
      users[index]["groups"] = [index < 3 ? "python" : "c"]
      users[index]["server"] = index < 3 ? "server\(index + 1)" : "server_c\(index - 2)"
    }
    configuration["users"] = users
    if open, var http = configuration["http"] as? [String: Any] {
      #expect(Self.guide.contains("`\"http\": {\"open\": true}`"))
      http["open"] = true
      configuration["http"] = http
    }
    try JSONSerialization.data(withJSONObject: configuration).write(to: file)
    return daemon
  }

  /// Runs our command, which the guide must show, and checks how it ended.
  @discardableResult
  private func ours(
    _ daemon: Daemon, _ command: String, status: Int32 = 0, shownAs shown: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    #expect(
      Self.guide.contains(shown ?? "pointsctl \(command)"),
      "the guide does not show it: \(command)",
      sourceLocation: sourceLocation)
    let outcome = try run(
      Daemon.binary("pointsctl").path,
      ["--socket", daemon.controlSocket] + command.split(separator: " ").map(String.init))
    #expect(
      outcome.status == status, "\(command): \(outcome.errors)", sourceLocation: sourceLocation)
    return outcome.output
  }

  /// `docker-compose --profile afif --profile syahmi up`, then more, then fewer.
  @Test func whoRuns() async throws {
    let daemon = try daemon(["--profile", "afif", "--profile", "syahmi"])
    try await daemon.start()
    #expect(Self.guide.contains("--profile afif --profile syahmi"))
    func running() throws -> [String] {
      let servers = try daemon.http("/api/servers").json["data"] as? [[String: Any]] ?? []
      return servers.filter { $0["status"] as? String == "running" }
        .compactMap { $0["user"] as? String }
    }
    #expect(try running() == ["Afif", "Syahmi"])
    // docker-compose --profile python up -d
    try ours(daemon, "start python")
    #expect(try running() == ["Afif", "Syahmi", "Irfan"])
    try ours(daemon, "start hairiel faiz")
    #expect(try running().count == 5)
    // docker-compose stop
    try ours(daemon, "stop afif --reason exam", shownAs: "pointsctl stop afif --reason")
    #expect(try running().count == 4)
    try ours(daemon, "start afif", shownAs: "pointsctl start")
    try ours(daemon, "pause afif")
    try ours(daemon, "resume afif")
    // docker-compose ps
    #expect(try ours(daemon, "ps").contains("server_c2  Faiz"))
    // docker-compose restart server1
    try ours(daemon, "restart server1")
    #expect(try running().count == 5)
    // docker-compose down
    #expect(try await daemon.stop() == 0)
  }

  @Test func lookingAndKeeping() async throws {
    let daemon = try daemon()
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    // docker-compose logs -f server1 | grep Updated, and Points
    let log = try ours(daemon, "logs server1", shownAs: "pointsctl logs -f server1")
    #expect(log.contains("Updated Afif: Points=") && !log.contains("Updated Faiz"))
    // docker-compose config
    let check = try run(
      Daemon.binary("pointsd").path, ["--config", daemon.configurationFile, "--check"])
    #expect(check.status == 0 && check.output.contains("server_c1 [c] Hairiel"))
    // The client containers.
    let watch = try run(
      "/usr/bin/timeout",
      ["1", Daemon.binary("pointsctl").path, "--socket", daemon.controlSocket, "watch", "afif"])
    #expect(watch.output.contains("User: Afif | Points: "))
    #expect(try ours(daemon, "get afif").hasPrefix("User: Afif | Points: "))
    // nc localhost 5001
    let client = try TCPClient(port: daemon.port(of: "Afif"))
    #expect(try client.readLines(1)[0].hasPrefix("User: Afif | Points: "))
    // mysql -e "SELECT * FROM user_tracking"
    let rows = try daemon.sql("SELECT * FROM user_tracking")
    #expect(rows.split(separator: "\n").count == 5)
    // mysqldump > backup.sql
    let file = daemon.directory + "/backup.sql"
    try ours(daemon, "backup \(file)", shownAs: "pointsctl backup backup.sql")
    try ours(daemon, "restore \(file)", shownAs: "pointsctl restore backup.sql")
    // docker-compose down -v
    try ours(daemon, "reset all")
    #expect(try daemon.points().values.allSatisfy { $0 < 1000 })
    try ours(daemon, "verify")
    #expect(try await daemon.stop() == 0)
  }

  /// The original's REST calls, by its own words: without a login, as `http.open` lets them.
  @Test func restCalls() async throws {
    let daemon = try daemon(open: true)
    try await daemon.start()
    try await eventually("everybody earns") { try daemon.points().values.allSatisfy { $0 > 0 } }
    let users = try daemon.http("/api/users").json
    #expect(users["success"] as? Bool == true && users["timestamp"] is String)
    for path in [
      "/api/users/Afif", "/api/users/Afif/history", "/api/stats", "/api/users/Afif/status",
    ] {
      #expect(try daemon.http(path).json["success"] as? Bool == true, "\(path)")
    }
    for (verb, status) in [("pause", "paused"), ("resume", "active"), ("toggle", "paused")] {
      let answer = try daemon.http("/api/users/Afif/\(verb)", method: "POST").json
      #expect(answer["username"] as? String == "Afif" && answer["status"] as? String == status)
    }
    let reset = try daemon.http("/api/users/Afif/reset", method: "POST").json
    #expect(reset["message"] as? String == "Points reset to 0")
    #expect(try daemon.http("/api/users/nobody").json["error"] as? String == "User not found")
    #expect(try await daemon.stop() == 0)
  }
}
