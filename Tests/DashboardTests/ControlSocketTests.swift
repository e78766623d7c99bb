import Glibc
import ServiceLifecycle
import Telemetry
import TestSupport
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
  private func leaveSocket(at place: String? = nil) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: (place ?? path).utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(result == 0)
  }

  @Test func onlyTheOwnerMayUseIt() async throws {
    try await RunningService.with { running in
      #expect(mode(running.socket) == 0o600)
      // The folder in which it was bound is gone.
      #expect(!names(of: running.folder.path + "/var").contains { $0.hasPrefix(".") })
    }
  }

  @Test func aGroupThatIsNamedMayUseItToo() async throws {
    let name = try #require(getgrgid(getgid()).map { String(cString: $0.pointee.gr_name) })
    try await RunningService.with(controlGroup: name) { running in
      #expect(mode(running.socket) == 0o660)
      #expect(mode(running.folder.path + "/var") == 0o755)
      let answer = try await RawClient.request(running.unix, "GET", "/healthz")
      #expect(answer.status == 200)
    }
  }

  /// It has its rights before it has its place: nothing is there to be opened meanwhile.
  @Test func itIsNeverWiderThanItShouldBe() async throws {
    let socket = ControlSocket(path: path)
    try await socket.prepare()
    let place = try socket.placeToBind()
    bindSocket(place, mode: 0o777)
    let side = try #require(names(of: folder.path).first)
    #expect(mode("\(folder.path)/\(side)") == 0o700)
    #expect(mode("\(folder.path)/\(side)/control.sock") == 0o777)
    #expect(mode(path) == nil)
    try socket.publish()
    #expect(mode(path) == 0o600)
    #expect(names(of: folder.path) == ["control.sock"])
  }

  @Test func itTakesNobodysPlace() async throws {
    let socket = ControlSocket(path: path)
    try await socket.prepare()
    bindSocket(try socket.placeToBind(), mode: 0o600)
    close(open(path, O_CREAT | O_WRONLY, 0o644))
    #expect(throws: ControlSocketError.self) { try socket.publish() }
    #expect(mode(path) == 0o644)
    #expect(names(of: folder.path) == ["control.sock"])
  }

  @Test func whatAKilledDaemonLeftBesideIsRemoved() async throws {
    let killed = ControlSocket(path: path)
    try await killed.prepare()
    bindSocket(try killed.placeToBind(), mode: 0o600)
    try await ControlSocket(path: path).prepare()
    #expect(names(of: folder.path) == [])
  }

  @Test func aLinkInItsPlaceIsLeftAlone() async throws {
    symlink("/etc/passwd", path)
    await #expect(throws: ControlSocketError.self) {
      try await ControlSocket(path: path).prepare()
    }
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  private func names(of folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// A socket file as a careless umask would make it.
  private func bindSocket(_ place: String, mode: mode_t) {
    leaveSocket(at: place)
    #expect(chmod(place, mode) == 0)
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

  @Test func aLaterDaemonsSocketIsNotRemoved() async throws {
    let earlier = ControlSocket(path: path)
    try await earlier.prepare()
    leaveSocket(at: try earlier.placeToBind())
    try earlier.publish()
    // The new file is made before the old one goes, so that it cannot have its number.
    let other = path + ".other"
    #expect(close(open(other, O_CREAT | O_WRONLY, 0o644)) == 0)
    #expect(rename(other, path) == 0)
    earlier.remove()
    #expect(mode(path) == 0o644)
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

  @Test func aFolderThatCannotBeUsedIsNamed() async throws {
    let file = open(folder.path + "/a", O_CREAT | O_WRONLY, 0o600)
    close(file)
    let path = folder.path + "/a/b/control.sock"
    let error = await #expect(throws: ControlSocketError.self) {
      try await ControlSocket(path: path).prepare()
    }
    #expect(error?.description.contains("Not a directory") == true)
  }

  @Test func overlongPathsAreRefused() async throws {
    let path = folder.path + "/" + String(repeating: "a", count: 108)
    let error = await #expect(throws: ControlSocketError.self) {
      try await ControlSocket(path: path).prepare()
    }
    #expect(error?.description.contains("107 are possible") == true)
  }
}
