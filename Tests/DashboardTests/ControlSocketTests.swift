import Glibc
import ServiceLifecycle
import Telemetry
import Testing

@testable import Dashboard

@Suite(.timeLimit(.minutes(1))) struct ControlSocketTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/control.sock" }

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  /// A socket file that nobody listens on any more.
  private func leaveSocket() {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(result == 0)
  }

  @Test func ownerAndGroupMayUseIt() async throws {
    try await RunningService.with { running in
      #expect(mode(running.socket) == 0o660)
    }
  }

  @Test func itIsGoneAfterTheStop() async throws {
    try await RunningService.with { running in
      await running.group.triggerGracefulShutdown()
      try await running.wait { mode(running.socket) == nil }
    }
  }

  @Test func aDeadDaemonsSocketIsReplaced() async throws {
    leaveSocket()
    #expect(mode(path) != nil)
    try await ControlSocket(path: path).prepare()
    #expect(mode(path) == nil)
  }

  @Test func aLiveDaemonsSocketIsLeftAlone() async throws {
    try await RunningService.with { running in
      let error = await #expect(throws: ControlSocketError.self) {
        try await ControlSocket(path: running.socket).prepare()
      }
      #expect(error?.anotherDaemonAnswers == true)
      #expect(error?.description.contains("another pointsd answers there") == true)
      let answer = try await RawClient.request(running.unix, "GET", "/healthz")
      #expect(answer.status == 200)
    }
  }

  @Test func aSecondServiceDoesNotRunBesideTheFirst() async throws {
    try await RunningService.with { running in
      let second = DashboardService(
        settings: DashboardSettings(port: 0, controlSocket: running.socket),
        control: FakeControl(), log: FakeLog(), metrics: PrometheusRegistry(),
        logger: running.recorder.logger)
      await #expect(throws: ControlSocketError.self) { try await second.run() }
      #expect(second.tcpCondition == .closed)
    }
  }

  @Test func aLaterDaemonsSocketIsNotRemoved() throws {
    let earlier = ControlSocket(path: path)
    leaveSocket()
    try earlier.restrict()
    // The new file is made before the old one goes, so that it cannot have its number.
    let other = path + ".new"
    #expect(close(open(other, O_CREAT | O_WRONLY, 0o600)) == 0)
    #expect(rename(other, path) == 0)
    earlier.remove()
    #expect(mode(path) == 0o600)
  }

  @Test func somethingElseIsLeftAlone() async throws {
    let file = open(path, O_CREAT | O_WRONLY, 0o600)
    close(file)
    let error = await #expect(throws: ControlSocketError.self) {
      try await ControlSocket(path: path).prepare()
    }
    #expect(error?.description.contains("something else of that name") == true)
    #expect(mode(path) == 0o600)
  }

  @Test func foldersAreMade() async throws {
    try await ControlSocket(path: folder.path + "/a/b/control.sock").prepare()
    #expect(mode(folder.path + "/a/b") != nil)
  }

  @Test func aFolderThatCannotBeMadeIsNamed() async throws {
    let file = open(folder.path + "/a", O_CREAT | O_WRONLY, 0o600)
    close(file)
    let path = folder.path + "/a/b/control.sock"
    let error = await #expect(throws: ControlSocketError.self) {
      try await ControlSocket(path: path).prepare()
    }
    #expect(error?.description.contains("cannot be made") == true)
  }

  @Test func overlongPathsAreRefused() async throws {
    let path = folder.path + "/" + String(repeating: "a", count: 108)
    let error = await #expect(throws: ControlSocketError.self) {
      try await ControlSocket(path: path).prepare()
    }
    #expect(error?.description.contains("107 are possible") == true)
  }
}
