import Foundation
import Glibc
import Testing

/// Signals to the daemon, and what it is as the first process of a container.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SignalTests {
  @Test func signalsThatAskNothingEndNothing() async throws {
    let daemon = try Daemon()
    try await daemon.start()
    let process = try #require(daemon.process?.processIdentifier)
    // SIGUSR2 lets a lane hang in a debug build.
    let numbers = [
      SIGUSR1, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGSTKFLT, SIGPIPE, SIGXFSZ, SIGWINCH, SIGURG,
      34, 50, 64,
    ]
    for number in numbers {
      #expect(Glibc.kill(process, number) == 0)
      #expect(try daemon.http("/healthz").status == 200, "signal \(number)")
    }
    #expect(daemon.process?.isRunning == true)
    #expect(try await daemon.stop() == 0)
    #expect(daemon.databaseProcess == nil)
  }

  @Test(arguments: [SIGINT, SIGQUIT, SIGPWR, SIGXCPU])
  func whatAsksForTheEndStopsCleanly(_ number: Int32) async throws {
    let daemon = try Daemon()
    try await daemon.start()
    let process = try #require(daemon.process)
    Glibc.kill(process.processIdentifier, number)
    try await eventually("it ends") { !process.isRunning }
    #expect(process.terminationStatus == 0 && process.terminationReason == .exit)
    #expect(daemon.databaseProcess == nil)
  }

  /// SIGHUP is a reload, unless the terminal that the daemon was started in is gone.
  @Test func aTerminalThatIsClosedStopsIt() async throws {
    var options = Daemon.Options()
    options.launcher = [
      "/usr/bin/python3", "-c", "import pty, sys; pty.spawn(sys.argv[1:])",
    ]
    let daemon = try Daemon(options)
    try await daemon.start()
    let terminal = try #require(daemon.process?.processIdentifier)
    let inside = try #require(children(of: terminal).first)
    Glibc.kill(inside, SIGHUP)
    try await eventually("it has reloaded") { daemon.log.contains("reloaded, asked by SIGHUP") }
    #expect(daemon.databaseProcess != nil)
    Glibc.kill(terminal, SIGKILL)
    try await eventually("it has stopped, and its database") { daemon.databaseProcess == nil }
    #expect(!FileManager.default.fileExists(atPath: daemon.controlSocket))
  }

  private static let launcher = [
    "/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
  ]
  private static let canBeFirst =
    (try? run(launcher[0], Array(launcher.dropFirst()) + ["/bin/true"]))?.status == 0

  @Test(.enabled(if: canBeFirst, "needs a process table of its own"))
  func asTheFirstProcessItCollectsOrphansAndItsOwn() async throws {
    var options = Daemon.Options()
    options.launcher = Self.launcher
    let daemon = try Daemon(options)
    try await daemon.start()
    let outer = try #require(daemon.process?.processIdentifier)
    let first = try #require(children(of: outer).first)
    let enter = ["--target", "\(first)", "--pid", "--mount"]
    for _ in 0..<5 {
      // The shell ends at once, and its child becomes the daemon's.
      _ = try run("/usr/bin/nsenter", enter + ["/bin/sh", "-c", "sleep 0.05 & sleep 0.01 &"])
    }
    try await eventually("the orphans are collected") {
      children(of: first).allSatisfy { command(of: $0).contains("mariadbd") }
    }
    // The status of mariadb-dump is known, though the end of each child is looked at here.
    for _ in 0..<5 {
      let backup = try run(
        Daemon.binary("pointsctl").path,
        ["--socket", daemon.controlSocket, "backup", daemon.directory + "/backup.sql", "--force"])
      #expect(backup.status == 0, "\(backup.output)")
    }
    // Its own server's end is still seen by who started it.
    let server = try #require(children(of: first).first)
    Glibc.kill(server, SIGKILL)
    try await eventually("the database is started again") {
      let now = children(of: first)
      return try now.count == 1 && now != [server] && daemon.http("/readyz").status == 200
    }
    #expect(daemon.log.contains("mariadbd ended with status 137"))
    Glibc.kill(first, SIGTERM)
    try await eventually("it ends") { daemon.process?.isRunning == false }
    #expect(daemon.process?.terminationStatus == 0)
  }

  private func children(of process: pid_t) -> [pid_t] {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return numbers.compactMap { pid_t($0) }.filter { number in
      let status = try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)
      return status?.contains("\nPPid:\t\(process)\n") == true
    }
  }

  private func command(of process: pid_t) -> String {
    (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
  }
}
