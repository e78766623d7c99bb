import Foundation
import Glibc
import Testing

/// One backup at a time, which ends with its client, with the database and with the daemon.
@Suite(.serialized, .timeLimit(.minutes(3))) struct BackupLimitTests {
  private let request = "GET /api/backup HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

  /// Locks a table of the ledger that only backups read, until it is let go.
  private final class TableLock {
    private let process = Process()
    private let input = Pipe()

    init(_ daemon: Daemon) async throws {
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/mariadb")
      process.arguments = [
        "--no-defaults", "--unbuffered", "--socket=\(daemon.directory)/mariadb/mariadbd.sock",
        "network_project",
      ]
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      try input.fileHandleForWriting.write(
        contentsOf: Data("LOCK TABLES ledger_settings WRITE; SELECT 'locked';\n".utf8))
      let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      try #require(said.contains("locked"))
    }

    func release() throws {
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
    }

    deinit { if process.isRunning { process.terminate() } }
  }

  private func backup(_ daemon: Daemon, _ file: String) throws -> Finished {
    try run(
      Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket, "backup", file])
  }

  @Test func fiftyAtOnceAreOneAndItEndsWithItsClient() async throws {
    let daemon = try Daemon(.init(users: ["Afif"]))
    try await daemon.start()
    let lock = try await TableLock(daemon)
    var clients = try (1...50).map { _ in try TCPClient(socket: daemon.controlSocket) }
    for client in clients { try client.send(request) }
    // 49 are answered at once; the one that waits has its place.
    try await eventually("the others are refused") { clients.count { $0.hasInput } >= 49 }
    #expect(daemon.dumps.count == 1)
    var refused = 0
    for client in clients where client.hasInput {
      let answer = try client.read()
      guard answer.hasPrefix("HTTP/1.1 409 ") else { continue }
      refused += 1
      #expect(answer.contains("a backup is under way, asked by "))
    }
    #expect(refused == 49)
    let other = try backup(daemon, daemon.directory + "/other.sql")
    #expect(other.status == 65)
    #expect(other.errors.contains("a backup is under way, asked by "))
    clients = []
    try await eventually("no dump is left: \(daemon.log)") { daemon.dumps.isEmpty }
    // 25 clients that leave at once leave nothing.
    for _ in 1...25 {
      let client = try TCPClient(socket: daemon.controlSocket)
      try client.send(request)
      usleep(50_000)
      #expect(daemon.dumps.count <= 1)
    }
    try await eventually("no dump is left: \(daemon.log)") { daemon.dumps.isEmpty }
    try lock.release()
    #expect(try backup(daemon, daemon.directory + "/whole.sql").status == 0)
    #expect(try await daemon.stop() == 0)
  }

  @Test func aFrozenDatabaseIsSaidAtOnce() async throws {
    let daemon = try Daemon(.init(users: ["Afif"]))
    try await daemon.start()
    daemon.stopDatabase(SIGSTOP)
    // At first nobody knows that it is away, later everybody does.
    for _ in 1...2 {
      let outcome = try backup(daemon, daemon.directory + "/frozen.sql")
      #expect(outcome.status == 75, "\(outcome.errors)")
      let reasons = ["the database is away since ", "database unavailable: "]
      #expect(reasons.contains { outcome.errors.contains($0) }, "\(outcome.errors)")
    }
    #expect(daemon.dumps == [])
    let left = try FileManager.default.contentsOfDirectory(atPath: daemon.directory)
    #expect(left.filter { $0.contains("frozen") } == [])
    daemon.stopDatabase(SIGCONT)
    try await eventually("a backup is made again") {
      try backup(daemon, daemon.directory + "/whole.sql").status == 0
    }
    #expect(try await daemon.stop() == 0)
  }

  @Test func aKilledDaemonLeavesNoSecretAndNoDump() async throws {
    let temporary = NSTemporaryDirectory() + "pointsd-test-secret-\(getpid())"
    try FileManager.default.createDirectory(
      atPath: temporary, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: temporary) }
    let daemon = try Daemon(.init(users: ["Afif"], environment: ["TMPDIR": temporary]))
    try await daemon.start()
    let lock = try await TableLock(daemon)
    let client = try TCPClient(socket: daemon.controlSocket)
    try client.send(request)
    try await eventually("a dump runs") { daemon.dumps.count == 1 }
    let dump = try #require(daemon.dumps.first)
    let line = try String(contentsOfFile: "/proc/\(dump)/cmdline", encoding: .utf8)
      .split(separator: "\0")
    #expect(line.dropFirst().first == "--defaults-file=/proc/self/fd/3")
    daemon.kill()
    // Links to the client's plugins may be left, and no file of our own.
    let left = FileManager.default.enumerator(atPath: temporary)?.allObjects as? [String] ?? []
    for name in left {
      let kind = try FileManager.default.attributesOfItem(atPath: "\(temporary)/\(name)")[.type]
      #expect(kind as? FileAttributeType != .typeRegular, "\(name)")
    }
    try await eventually("the dump ended") {
      let line = try? String(contentsOfFile: "/proc/\(dump)/cmdline", encoding: .utf8)
      return line?.contains("mariadb-dump") != true
    }
    try lock.release()
  }
}
