import Foundation
import Glibc
import Testing

/// What floods of connections may not take: users' servers, ticks, the control socket, a processor.
@Suite(.timeLimit(.minutes(20))) struct FloodTests {
  /// How long each flood lasts; the long form is for `.ci/full`.
  private static let longForm =
    ProcessInfo.processInfo.environment["POINTSD_FLOOD_SECONDS"].flatMap(Int.init)
  private static let seconds = longForm ?? 3
  /// Limits of open files.
  private static let limits = longForm == nil ? [64, 4096] : [64, 300, 400, 4096]

  @Test(arguments: limits)
  func nobodyElseIsHarmed(limit: Int) async throws {
    let daemon = try Daemon(.init(intervalSeconds: 5, descriptorLimit: limit))
    try await daemon.start()
    let process = try #require(daemon.process)
    try giveDatabaseItsOwnLimit(daemon)
    for kind in Flood.Kind.allCases {
      let flood = Flood(kind, of: daemon, count: limit + 100)
      let before = try points(daemon)
      // What was begun for those who were closed again comes to its end.
      try await Task.sleep(for: .seconds(1))
      let used = try await processorShare(of: process, seconds: Self.seconds)
      report("\(kind) at \(limit): \(used) of a processor in \(Self.seconds) s")
      #expect(used < mostProcessor(kind), "\(kind) at \(limit): \(used) of a processor")
      #expect(process.isRunning, "\(kind) at \(limit): \(daemon.log.suffix(2000))")
      let open = try openDescriptors(of: process)
      #expect(open <= limit - 4, "\(kind) at \(limit): \(open) open, a reserve is left")
      for user in daemon.options.users where kind != .tcp || user != "Afif" {
        let client = try TCPClient(port: daemon.port(of: user))
        try client.send("get_data\n")
        #expect(try client.read().hasPrefix("User: \(user)"), "\(kind) at \(limit)")
      }
      #expect(try pointsctl(daemon, "ps").status == 0, "\(kind) at \(limit)")
      #expect(try daemon.http("/healthz").status == 200, "\(kind) at \(limit)")
      try await eventually("a tick, \(kind) at \(limit)") { try points(daemon) > before }
      flood.end()
      // Until the memory of a crowd is given back.
      try await Task.sleep(for: .seconds(3))
    }
    #expect(try pointsctl(daemon, "verify").status == 0)
    #expect(try await daemon.stop() == 0, "\(daemon.log.suffix(2000))")
  }

  /// 1,000 clients that ask for ever and never read; each had the daemon keep what it could.
  @Test func clientsThatNeverReadTakeLittleMemory() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 5, descriptorLimit: 8000))
    try await daemon.start()
    let process = try #require(daemon.process)
    let before = try residentMegabytes(of: process)
    let flood = Flood(.http, of: daemon, count: 1000)
    let request = "GET /assets/dashboard.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for _ in 0..<10 {
      flood.say(String(repeating: request, count: 60))
      try await Task.sleep(for: .milliseconds(300))
    }
    let during = try residentMegabytes(of: process)
    #expect(during - before < 100, "\(before) MB before, \(during) MB during")
    flood.end()
    try await eventually("memory is given back: \(before) MB before, \(during) MB during") {
      try residentMegabytes(of: process) < before + 40
    }
    #expect(try await daemon.stop() == 0)
  }

  /// Twice as many as HTTP has places for (30), with answers that they leave unread; each kept its
  /// place for 30 s. Those in the queue of the listener come before who asks later.
  @Test func clientsThatNeverReadKeepNobodyOut() async throws {
    let daemon = try Daemon(.init(descriptorLimit: 300))
    try await daemon.start()
    let request = "GET /libraries/bootstrap.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    // Each asks at once: idle ones would make room for the next.
    let floods = (0..<60).map { _ in
      let flood = Flood(.http, of: daemon, count: 1)
      flood.say(String(repeating: request, count: 16))
      return flood
    }
    for _ in 0..<5 { #expect(try daemon.http("/healthz").status == 200) }
    for flood in floods { flood.end() }
    #expect(try await daemon.stop() == 0)
  }

  @Test func eachServerHasTwoWithFewDescriptors() async throws {
    let daemon = try Daemon(.init(descriptorLimit: 64))
    try await daemon.start()
    let clients = try daemon.options.users.flatMap { user in
      try (0..<2).map { _ in (user, try TCPClient(port: daemon.port(of: user))) }
    }
    for (user, client) in clients {
      try client.send("get_data\n")
      #expect(try client.read().hasPrefix("User: \(user)"))
    }
    #expect(try await daemon.stop() == 0)
  }

  @Test func belowWhatTheFileNeedsTheNumberIsSaid() async throws {
    let daemon = try Daemon(.init(descriptorLimit: 40))
    for arguments in [[], ["--check"]] {
      let ended = try Integration.run(
        "/bin/sh",
        [
          "-c", "ulimit -n 40 && exec \"$0\" \"$@\"", Daemon.binary("pointsd").path, "--config",
          daemon.configurationFile,
        ] + arguments)
      #expect(ended.status == 78)
      let needed = try #require(ended.errors.firstMatch(of: /need (\d+) descriptors/)?.1)
      #expect(Int(needed).map { (50...64).contains($0) } == true, "\(ended.errors)")
    }
  }

  /// The private database inherits the limit, and MariaDB 11.8 needs more than 64 for itself. What
  /// is tried here is the daemon's own. Raising a limit needs a right that even root may lack in a
  /// container; MariaDB 10.11 gets along without.
  private func giveDatabaseItsOwnLimit(_ daemon: Daemon) throws {
    guard let database = daemon.databaseProcess else { return }
    _ = try Integration.run("/usr/bin/prlimit", ["--nofile=1024", "--pid", "\(database)"])
  }

  private func openDescriptors(of process: Process) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd")
      .count
  }

  private func residentMegabytes(of process: Process) throws -> Int {
    let text = try String(
      contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8)
    return try #require(Int(text.split(separator: " ")[1])) * sysconf(Int32(_SC_PAGESIZE)) >> 20
  }

  /// A twentieth of a processor, of the release build (`POINTSD_BINARIES`); a debug build only shows
  /// that nothing spins.
  private func mostProcessor(_ kind: Flood.Kind) -> Double {
    if ProcessInfo.processInfo.environment["POINTSD_BINARIES"] != nil { return 0.05 }
    return kind == .events ? 0.5 : 0.25
  }

  /// Measured figures, for who reads the output.
  private func report(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }

  /// As a read of the database sees them, that waits for nothing of the daemon.
  private func points(_ daemon: Daemon) throws -> Int {
    let text = try daemon.sql("SELECT SUM(points) FROM user_tracking")
    return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  private func pointsctl(_ daemon: Daemon, _ command: String) throws -> Finished {
    try Integration.run(
      Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket, command])
  }

  /// How much of one processor a process uses.
  private func processorShare(of process: Process, seconds: Int) async throws -> Double {
    let before = try processorTicks(of: process)
    try await Task.sleep(for: .seconds(seconds))
    let used = try processorTicks(of: process) - before
    return Double(used) / Double(sysconf(Int32(_SC_CLK_TCK)) * seconds)
  }

  /// Fields 14 and 15 of /proc/…/stat, after the command in parentheses.
  private func processorTicks(of process: Process) throws -> Int {
    let text = try String(
      contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    return try #require(Int(fields[11])) + #require(Int(fields[12]))
  }
}
