import Foundation
import Glibc
import TestSupport
import Testing

/// A changed configuration file and the running daemon, by command and by signal.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ReloadTests {
  private func pointsctl(_ daemon: Daemon, _ arguments: String...) throws -> Finished {
    try run(Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket] + arguments)
  }

  /// Writes the file with one user's entry changed.
  private func change(
    _ daemon: Daemon, _ user: String, _ change: (inout [String: Any]) -> Void
  ) throws {
    let file = URL(fileURLWithPath: daemon.configurationFile)
    var configuration =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    var users = configuration["users"] as? [[String: Any]] ?? []
    for index in users.indices where users[index]["name"] as? String == user {
      change(&users[index])
    }
    configuration["users"] = users
    try JSONSerialization.data(withJSONObject: configuration).write(to: file)
  }

  /// A thousand clients of a hundred users; one user moves to another port.
  @Test func unchangedUsersKeepTheirConnections() async throws {
    let names = (1...100).map { "user\($0)" }
    let daemon = try Daemon(.init(users: names, intervalSeconds: 1))
    try await daemon.start()
    let clients = try names.map { name in
      try (0..<10).map { _ in try TCPClient(port: daemon.port(of: name)) }
    }
    for client in clients.joined() { try client.send("get_data\n") }
    for client in clients.joined() { _ = try client.readLines(1) }
    let moved = try FreePorts.take(1)[0]
    try change(daemon, "user50") { $0["port"] = moved }
    let plan = try pointsctl(daemon, "plan")
    #expect(plan.status == 2)
    #expect(plan.output.contains("port \(daemon.port(of: "user50")) → \(moved)"))
    let reload = try pointsctl(daemon, "reload", "--reason", "moved")
    #expect(reload.status == 0, "\(reload.errors)")
    #expect(reload.output.split(separator: "\n").count == 1)
    for (name, connections) in zip(names, clients) {
      for client in connections {
        if name == "user50" {
          // What is owed was answered: the end comes.
          #expect(try client.read() == "")
        } else {
          try client.send("get_data\n")
          #expect(try client.readLines(1)[0].contains("User: \(name) "))
        }
      }
    }
    let client = try TCPClient(port: moved)
    try client.send("get_data\n")
    #expect(try client.readLines(1)[0].contains("User: user50 "))
    #expect(try pointsctl(daemon, "plan").status == 0)
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  @Test func usersComeAndGoWithTheirPoints() async throws {
    let daemon = try Daemon(.init(users: ["Afif", "Faiz", "Zoe"], intervalSeconds: 0.2))
    try daemon.writeConfiguration(users: ["Afif", "Faiz"])
    try await daemon.start()
    try await eventually("Faiz earns") { try daemon.points()["Faiz"] ?? 0 > 0 }
    let identifier = daemon.process?.processIdentifier ?? 0
    // Faiz leaves, Zoe comes.
    try change(daemon, "Faiz") { entry in
      entry["name"] = "Zoe"
      entry["port"] = daemon.port(of: "Zoe")
      entry["server"] = "server3"
    }
    Glibc.kill(identifier, SIGHUP)
    try await eventually("Zoe earns") { try daemon.points()["Zoe"] ?? 0 > 0 }
    #expect(try Set(daemon.points().keys) == ["Afif", "Zoe"])
    let left = try daemon.sql("SELECT points FROM user_tracking WHERE user = 'Faiz'")
    #expect((Int(left.dropLast()) ?? 0) > 0)
    #expect((try? TCPClient(port: daemon.port(of: "Faiz"))) == nil)
    #expect(try daemon.differences() == [])
    try daemon.writeConfiguration(users: ["Afif", "Faiz"])
    #expect(try pointsctl(daemon, "reload").status == 0)
    #expect((try daemon.points()["Faiz"] ?? 0) >= (Int(left.dropLast()) ?? 0))
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  @Test func aBrokenFileIsLoudAndChangesNothing() async throws {
    let daemon = try Daemon()
    try await daemon.start()
    let client = try TCPClient(port: daemon.port(of: "Afif"))
    try change(daemon, "Faiz") { $0["port"] = 70_000 }
    let reload = try pointsctl(daemon, "reload")
    #expect(reload.status == 78)
    #expect(reload.output == "")
    #expect(reload.errors.hasPrefix("pointsctl: \(daemon.configurationFile):1:"))
    #expect(reload.errors.contains("users[4].port"))
    #expect(daemon.log.contains("users[4].port"))
    #expect(daemon.log.contains("was refused; everything goes on as before"))
    #expect(try daemon.http("/metrics").body.contains("pointsd_configuration_current 0"))
    // A port that somebody else has refuses all of it, other changes too.
    let held = try FreePorts.take(1)[0]
    let holder = try PortHolder(port: held)
    try change(daemon, "Faiz") { $0["port"] = held }
    try change(daemon, "Irfan") { $0["points"] = 50 }
    let busy = try pointsctl(daemon, "reload")
    #expect(busy.status == 65)
    #expect(busy.errors.contains("Faiz: port \(held) is already in use"))
    #expect(try pointsctl(daemon, "plan").output.contains("10 points every"))
    try client.send("get_data\n")
    #expect(try client.readLines(1)[0].contains("User: Afif "))
    holder.release()
    #expect(try pointsctl(daemon, "reload").status == 0)
    #expect(try daemon.http("/metrics").body.contains("pointsd_configuration_current 1"))
    try client.send("get_data\n")
    #expect(try client.readLines(1)[0].contains("User: Afif "))
    #expect(try await daemon.stop() == 0)
  }

  @Test func whatIsFixedIsNamedAndTheLogLevelIsNot() async throws {
    var options = Daemon.Options()
    options.extra = ["log": ["level": "debug"]]
    let daemon = try Daemon(options)
    try await daemon.start()
    try daemon.writeConfiguration(users: options.users)
    var text = try String(contentsOfFile: daemon.configurationFile, encoding: .utf8)
    text = text.replacingOccurrences(of: "debug", with: "info")
    try text.write(toFile: daemon.configurationFile, atomically: true, encoding: .utf8)
    #expect(try pointsctl(daemon, "reload").output == "setting: log.level: debug → info\n")
    let port = try FreePorts.take(1)[0]
    text = text.replacingOccurrences(of: "\(daemon.httpPort)", with: "\(port)")
    try text.write(toFile: daemon.configurationFile, atomically: true, encoding: .utf8)
    let refused = try pointsctl(daemon, "reload")
    #expect(refused.status == 65)
    #expect(refused.errors.contains("http.port: \(daemon.httpPort) → \(port)"))
    #expect(refused.errors.contains("systemctl restart pointsd"))
    #expect(try await daemon.stop() == 0)
  }
}
