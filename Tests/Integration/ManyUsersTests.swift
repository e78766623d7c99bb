import Foundation
import Glibc
import Synchronization
import MariaDB
import TestSupport
import Testing

/// Thousands of users at once, and many clients of one.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ManyUsersTests {
  private static let isLong = ProcessInfo.processInfo.environment["POINTSD_LONG"] != nil

  private func start(_ count: Int) async throws -> (GivenServer, Daemon) {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(
      .init(users: (1...count).map { "user\($0)" }, intervalSeconds: 1))
    try await daemon.start()
    return (server, daemon)
  }

  /// A difference that is none would be one between two moments. Each verify is one look.
  @Test func verifyDuringPauseAllFindsNothing() async throws {
    let (server, daemon) = try await start(2000)
    let looks = Self.isLong ? 200 : 12
    let found = Mutex<[String]>([])
    let socket = daemon.controlSocket
    let looking = Thread {
      for _ in 0..<looks {
        let look = try? run(
          Daemon.binary("pointsctl").path, ["--socket", socket, "--json", "verify"])
        if look?.status == 0 { continue }
        found.withLock { $0.append((look?.output ?? "") + (look?.errors ?? "not run")) }
      }
    }
    looking.start()
    while !looking.isFinished {
      for change in ["pause", "resume"] {
        let done = try daemon.pointsctl(change, "all")
        #expect(done.status == 0, "\(done.errors)")
      }
    }
    #expect(found.withLock { $0 } == [])
    #expect(try await daemon.stop() == 0)
    #expect(try await server.openRuns() == [])
  }

  @Test func pauseAllOfThreeThousandUsersPausesAllOfThem() async throws {
    let (server, daemon) = try await start(3000)
    #expect(try daemon.pointsctl("pause", "all").status == 0)
    #expect(try await server.openRuns() == [])
    #expect(
      try await server.texts(
        "SELECT CONCAT(COUNT(*)) FROM intents WHERE running = 1 AND paused = 1")
        == ["3000"])
    let servers = try daemon.http("/api/servers").json["data"] as? [[String: Any]] ?? []
    #expect(servers.count { $0["status"] as? String == "paused" } == 3000)
    #expect(try daemon.differences() == [])
    #expect(try await daemon.stop() == 0)
  }

  /// 24 clients change one user whose row is locked: everybody else is ticked on time and answered
  /// from rows that were read after the request.
  @Test func clientsOfALockedUserKeepNobodyElseWaiting() async throws {
    let server = try await GivenServer.make(.shared())
    let daemon = try server.daemon(.init(intervalSeconds: 0.5))
    try await daemon.start()
    let shell = try await server.shell()
    try await shell.run { session in
      try session.executeText("START TRANSACTION")
      try session.executeText("SELECT * FROM user_tracking WHERE user = 'Faiz' FOR UPDATE")
    }
    let isOver = Atomic(false)
    let answers = Mutex<[Int: Int]>([:])
    let socket = daemon.controlSocket
    let clients = (0..<24).map { client in
      Thread {
        while !isOver.load(ordering: .relaxed) {
          let body = "{\"delta\":1,\"reason\":\"client \(client)\"}"
          let status = try? Self.adjust("Faiz", body, socket: socket)
          answers.withLock { $0[status ?? 0, default: 0] += 1 }
        }
      }
    }
    for client in clients { client.start() }
    try await eventually("the clients are refused") { answers.withLock { $0[503] ?? 0 } >= 24 }
    let others = ["Afif", "Syahmi", "Irfan", "Hairiel"]
    let connections = try others.map { try TCPClient(port: daemon.port(of: $0)) }
    let begun = try daemon.points()
    for _ in 0..<(Self.isLong ? 300 : 40) {
      for client in connections {
        try client.send("get_data\n")
        let answer = try client.readLines(1)[0]
        #expect(!answer.contains("Stale"), "\(answer)")
      }
      // The locked one may be.
      #expect(try late(daemon) <= 1)
      try await Task.sleep(for: .milliseconds(100))
    }
    let ended = try daemon.points()
    for user in others { #expect(ended[user] ?? 0 > begun[user] ?? 0) }
    // A tick of theirs is credited for each boundary: no others than those that are due now.
    let behind = try await server.texts(
      """
      SELECT user FROM runs WHERE user <> 'Faiz' AND last_slot < \
      CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) DIV interval_ms - 2
      """)
    #expect(behind == [])
    isOver.store(true, ordering: .relaxed)
    await shell.close()
    try await eventually("the clients end") { clients.allSatisfy(\.isFinished) }
    #expect(answers.withLock { $0[500] } == nil)
    try await eventually("it adds up") { try daemon.differences() == [] }
    #expect(try await daemon.stop() == 0)
  }

  /// How many users are late.
  private func late(_ daemon: Daemon) throws -> Int {
    let metrics = try daemon.http("/metrics").body.split(separator: "\n")
    let gauge = metrics.first { $0.hasPrefix("pointsd_users_late ") }
    return try #require(gauge?.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) })
  }

  private static func adjust(_ user: String, _ body: String, socket: String) throws -> Int {
    let client = try TCPClient(socket: socket)
    try client.send(
      "POST /api/users/\(user)/adjust HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
    return try client.readToEnd().split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
