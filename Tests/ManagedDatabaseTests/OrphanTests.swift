import Files
import Glibc
import MariaDB
import Processes
import TestSupport
import Testing

@testable import ManagedDatabase

/// Servers and installations that a killed daemon left, imitated by programs that hang.
@Suite("What a killed daemon left behind") struct OrphanTests {
  /// A program that is called as a server's is, and never answers.
  private func hangingProcess(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess(
      "/bin/bash", ["-c", #"exec -a mariadbd bash -c 'kill -STOP $$' "$@""#, "x", "x"] + arguments,
      log: "/dev/null")
  }

  /// A database that was made, and a server on it that hangs.
  private func leaveHangingServer(_ fixture: ManagedFixture) async throws -> ChildProcess {
    let database = try fixture.open()
    try await fixture.running(database) { _ in }
    return try hangingProcess([
      "--datadir=\(fixture.directory)/data", "--socket=\(fixture.directory)/mariadbd.sock",
    ])
  }

  private func isStopped(_ process: pid_t) -> Bool {
    TemporaryFolder.text("/proc/\(process)/stat").split(separator: ")").last?.hasPrefix(" T")
      == true
  }

  private func untilItHangs(_ process: ChildProcess) async {
    while !isStopped(process.identifier) { await Task.yield() }
  }

  @Test func aServerThatNeverAnsweredIsReplaced() async throws {
    let fixture = try ManagedFixture()
    let orphan = try await leaveHangingServer(fixture)
    await untilItHangs(orphan)
    let database = try fixture.open(orphanGrace: .milliseconds(100))
    try await fixture.running(database) { process in
      #expect(process != orphan.identifier)
      let answer = try await fixture.ask(database.settings, "SELECT 'here'")
      #expect(answer == ["here"])
    }
    #expect(try await orphan.ended() == .status(128 + SIGKILL))
  }

  @Test func aServerThatOnceAnsweredIsNeverKilled() async throws {
    let fixture = try ManagedFixture()
    let orphan = try await leaveHangingServer(fixture)
    await untilItHangs(orphan)
    let database = try fixture.open(orphanGrace: .zero)
    try AnsweredMark(process: orphan.identifier).set(in: try Directory(fixture.directory))
    let running = Task { try await database.run() }
    try await fixture.wait(for: database) { $0 == .starting(process: orphan.identifier) }
    let hasEnded = await database.stop(deadline: .milliseconds(200))
    #expect(!hasEnded && orphan.isAlive)
    running.cancel()
    orphan.signal(SIGKILL)
    try await orphan.ended()
    _ = await running.result
  }

  @Test func aMarkIsOfOneProcess() throws {
    let folder = try TestFolder()
    let directory = try Directory(folder.path)
    try AnsweredMark(process: getpid()).set(in: directory)
    #expect(AnsweredMark(process: getpid()).isSet(in: directory))
    #expect(!AnsweredMark(process: getppid()).isSet(in: directory))
    #expect(!AnsweredMark(process: pid_t.max).isSet(in: directory))
  }

  @Test func anInstallationThatGoesOnIsEnded() async throws {
    let fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    try TemporaryFolder.write("", to: "\(fixture.directory)/lock")
    mkdir("\(fixture.directory)/data.unfinished.1", 0o700)
    let installer = try hangingProcess(["--datadir=\(fixture.directory)/data.unfinished.1"])
    await untilItHangs(installer)
    let database = try fixture.open()
    try await fixture.running(database) { _ in }
    #expect(try await installer.ended() == .status(128 + SIGKILL))
    #expect(access("\(fixture.directory)/data.unfinished.1", F_OK) != 0)
  }

  @Test func aStartThatIsStoppedLeavesNothingRunning() async throws {
    let fixture = try ManagedFixture()
    do {
      let database = try fixture.open()
      let running = Task { try await database.run() }
      try await fixture.wait(for: database) { $0 == .initialising }
      running.cancel()
      _ = await running.result
      await database.stop()
    }
    #expect(RunningServer.installers(unfinished: "\(fixture.directory)/", owner: getuid()).isEmpty)
    let again = try fixture.open()
    try await fixture.running(again) { _ in }
  }

  @Test func aServerThatHasNotAnsweredIsKilledAndNotAsked() async throws {
    let fixture = try ManagedFixture()
    let orphan = try await leaveHangingServer(fixture)
    await untilItHangs(orphan)
    let database = try fixture.open()
    let running = Task { try await database.run() }
    try await fixture.wait(for: database) { $0 == .starting(process: orphan.identifier) }
    let hasEnded = await database.stop(deadline: .seconds(30))
    #expect(hasEnded)
    #expect(try await orphan.ended() == .status(128 + SIGKILL))
    running.cancel()
    _ = await running.result
  }

  @Test(.enabled(if: getuid() == 0, "only root can start a process of another account"))
  func anotherAccountsProcessIsNoServerOfOurs() async throws {
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    var program = Program(
      "/bin/bash", ["-c", "exec -a mariadbd bash -c 'kill -STOP $$' x --datadir=/ours"],
      output: Descriptor(null))
    program.account = FileAccount(user: 65534, group: 65534)
    let process = try ChildProcess(program)
    await untilItHangs(process)
    #expect(RunningServer.find(data: "/ours", owner: 0) == nil)
    #expect(RunningServer.find(data: "/ours", owner: 65534)?.identifier == process.identifier)
    process.signalGroup(SIGKILL)
    try await process.ended()
  }
}
