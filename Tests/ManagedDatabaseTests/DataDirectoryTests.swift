import Glibc
import ManagedDatabase
import MariaDB
import TestSupport
import Testing

@Suite("The managed database's directory")
struct DataDirectoryTests {
  /// What opening the directory is refused with.
  private func refusal(_ fixture: ManagedFixture, _ directory: String? = nil)
    -> ManagedDatabaseError?
  {
    do {
      _ = try fixture.open(directory)
      return nil
    } catch {
      return error as? ManagedDatabaseError
    }
  }

  @Test func aSecondDaemonIsRefusedWithTheFirstOnesNumber() throws {
    let fixture = try ManagedFixture()
    let first = try fixture.open()
    let error = refusal(fixture)
    guard case .held(let message) = error else {
      throw TestFault("not refused: \(String(describing: error))")
    }
    #expect(message.contains("process \(getpid())"))
    withExtendedLifetime(first) {}
  }

  @Test func theLockOfAKilledHolderIsFree() async throws {
    let fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    let lock = "\(fixture.directory)/lock"
    let holder = try ChildProcess(
      "/usr/bin/flock", ["--close", lock, "/bin/sleep", "60"], log: "/dev/null")
    while refusal(fixture) == nil { await Task.yield() }
    guard case .held = refusal(fixture) else { throw TestFault("the lock is not held") }
    holder.signal(SIGKILL)
    try await holder.ended()
    #expect(refusal(fixture) == nil)
    holder.signalGroup(SIGKILL)
  }

  @Test func blanksQuotesAndUnicodeInThePathAreAllRight() async throws {
    let fixture = try ManagedFixture()
    let directory = "\(fixture.folder)/my \"däta\" $HOME `x` *"
    let database = try fixture.open(directory)
    try await fixture.running(database) { _ in
      let answer = try await fixture.ask(database.settings, "SELECT 'here'")
      #expect(answer == ["here"])
    }
    #expect(TemporaryFolder.names(in: fixture.folder).count == 3)
    #expect(!TemporaryFolder.names(in: directory).contains { $0.hasPrefix("data.unfinished") })
  }

  @Test(arguments: ["a:b", "it's", "back\\slash"])
  func whatMariaDBsProgramsCannotHandleIsRefused(_ name: String) throws {
    let fixture = try ManagedFixture()
    guard case .unusable(let message) = refusal(fixture, "\(fixture.folder)/\(name)") else {
      throw TestFault("not refused")
    }
    #expect(message.contains("a colon, an apostrophe or a backslash"))
    #expect(access("\(fixture.folder)/\(name)", F_OK) != 0)
  }

  @Test func aFileSystemsOwnFolderIsNothingElse() async throws {
    let fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    mkdir("\(fixture.directory)/lost+found", 0o700)
    let database = try fixture.open()
    try await fixture.running(database) { _ in }
    #expect(access("\(fixture.directory)/lost+found", F_OK) == 0)
  }

  @Test func aDirectoryWithSomethingElseIsRefusedAndLeftAlone() throws {
    let fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    try TemporaryFolder.write("hello", to: "\(fixture.directory)/letter.txt")
    let error = refusal(fixture)
    guard case .unusable(let message) = error else { throw TestFault("not refused") }
    #expect(message.contains("letter.txt"))
    #expect(access("\(fixture.directory)/lock", F_OK) != 0)
  }

  @Test func anotherServersDataIsRefused() throws {
    let fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    try TemporaryFolder.write("", to: "\(fixture.directory)/ibdata1")
    guard case .unusable(let message) = refusal(fixture) else { throw TestFault("not refused") }
    #expect(message.contains("database.hosts"))
  }

  @Test func dataThatIsNoneIsRefused() throws {
    let fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    mkdir("\(fixture.directory)/data", 0o700)
    try TemporaryFolder.write("", to: "\(fixture.directory)/lock")
    guard case .unusable(let message) = refusal(fixture) else { throw TestFault("not refused") }
    #expect(message.contains("ibdata1 is missing"))
  }

  @Test func aFileInThePlaceOfTheDirectoryIsRefused() throws {
    let fixture = try ManagedFixture()
    try TemporaryFolder.write("", to: fixture.directory)
    guard case .unusable(let message) = refusal(fixture) else { throw TestFault("not refused") }
    #expect(message.contains("Not a directory"))
  }

  @Test(.enabled(if: getuid() != 0, "root may write anywhere"))
  func aPlaceThatCannotBeWrittenToIsRefused() throws {
    let fixture = try ManagedFixture()
    guard case .unusable = refusal(fixture, "/proc/pointsd") else { throw TestFault("not refused") }
  }

  @Test func aDeepDirectoryHasItsSocketElsewhere() async throws {
    let fixture = try ManagedFixture()
    let deep = fixture.folder + String(repeating: "/a-rather-long-name", count: 8)
    let database = try fixture.open(deep)
    #expect(database.socket.utf8.count <= 107)
    #expect(!database.socket.hasPrefix(fixture.folder))
    #expect(TemporaryFolder.text("\(deep)/socket-path") == database.socket + "\n")
    try await fixture.running(database) { _ in
      let answer = try await fixture.ask(database.settings, "SELECT 'here'")
      #expect(answer == ["here"])
    }
    TemporaryFolder.remove(String(database.socket.dropLast("/mariadbd.sock".count)))
  }

  @Test func aLinkAndItsTargetAreOneDirectory() throws {
    let fixture = try ManagedFixture()
    let first = try fixture.open()
    symlink(fixture.directory, "\(fixture.folder)/link")
    guard case .held = refusal(fixture, "\(fixture.folder)/link") else {
      throw TestFault("two names, two daemons")
    }
    withExtendedLifetime(first) {}
  }

  @Test func whatAnInterruptedStartLeftIsRemoved() async throws {
    let fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    try TemporaryFolder.write("", to: "\(fixture.directory)/lock")
    mkdir("\(fixture.directory)/data.unfinished.1", 0o700)
    try TemporaryFolder.write("half", to: "\(fixture.directory)/data.unfinished.1/ibdata1")
    let database = try fixture.open()
    try await fixture.running(database) { _ in }
    #expect(access("\(fixture.directory)/data.unfinished.1", F_OK) != 0)
    #expect(access("\(fixture.directory)/data/ibdata1", F_OK) == 0)
  }

  @Test func aNewerVersionsDataIsRefusedAndLeftAlone() async throws {
    let fixture = try ManagedFixture()
    do {
      let database = try fixture.open()
      try await fixture.running(database) { _ in }
    }
    let mark = fixture.versionMark
    try TemporaryFolder.write("99.1.2-MariaDB", to: mark)
    let log = TemporaryFolder.text("\(fixture.directory)/mariadbd.log")
    let database = try fixture.open()
    let error = await #expect(throws: ManagedDatabaseError.self) { try await database.run() }
    #expect(error?.description.contains("99.1") == true)
    #expect(TemporaryFolder.text("\(fixture.directory)/mariadbd.log") == log)
    #expect(await database.state == .stopped)
  }

  @Test func anOlderVersionsDataIsUpgraded() async throws {
    let fixture = try ManagedFixture()
    do {
      let database = try fixture.open()
      try await fixture.running(database) { _ in }
    }
    let mark = fixture.versionMark
    let current = TemporaryFolder.text(mark)
    try TemporaryFolder.write("10.3.1-MariaDB", to: mark)
    let database = try fixture.open()
    try await fixture.running(database) { _ in
      let answer = try await fixture.ask(database.settings, "SELECT 'up'")
      #expect(answer == ["up"])
    }
    // The same version, but for a line end that mariadb-upgrade writes and the installation does not.
    #expect(TemporaryFolder.text(mark).hasPrefix(current))
  }
}
