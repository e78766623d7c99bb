import Glibc
import ManagedDatabase
import MariaDB
import TestSupport
import Testing

@Suite("The managed database")
struct ManagedDatabaseTests {
  @Test func aFreshDirectoryBecomesADatabase() async throws {
    let fixture = try ManagedFixture()
    let database = try fixture.open()
    #expect(await database.state == .stopped)
    let server = try await fixture.running(database) { process in
      let account = try await fixture.ask(database.settings, "SELECT SESSION_USER()")
      #expect(account == ["\(ManagedDatabase.account)@localhost"])
      let setting = try await fixture.ask(
        database.settings,
        "SELECT CONCAT(@@innodb_flush_log_at_trx_commit, @@skip_networking, @@character_set_server)"
      )
      #expect(setting == ["1ONutf8mb4"])
      #expect(TemporaryFolder.text("\(fixture.directory)/socket-path") == database.socket + "\n")
      // A session of its own: a terminal's Ctrl-C does not reach it.
      #expect(getsid(process) == process)
      return process
    }
    #expect(!isAlive(server))
    #expect(await database.state == .stopped)
  }

  @Test func peopleComeInAsWhoTheyAre() async throws {
    let fixture = try ManagedFixture()
    let database = try fixture.open()
    try await fixture.running(database) { _ in
      let output = "\(fixture.folder)/shell"
      let shell = try ChildProcess(
        "/usr/bin/mariadb",
        ["--no-defaults", "--socket=\(database.socket)", "-Ne", "SELECT SESSION_USER()", "mysql"],
        log: output)
      #expect(try await shell.ended() == .status(0))
      #expect(TemporaryFolder.text(output) == "\(userName)@localhost\n")
      // The daemon's account is not open to people: it has a password that nobody sees.
      let refused = try ChildProcess(
        "/usr/bin/mariadb",
        [
          "--no-defaults", "--socket=\(database.socket)", "--user=\(ManagedDatabase.account)",
          "-Ne",
          "SELECT 1",
        ], log: output)
      #expect(try await refused.ended() == .status(1))
      #expect(TemporaryFolder.text(output).contains("ERROR 1045"))
    }
  }

  @Test func dataOutlivesAStop() async throws {
    let fixture = try ManagedFixture()
    do {
      let database = try fixture.open()
      try await fixture.running(database) { _ in
        let connection = try await Connection.open(database.settings)
        try await connection.run { session in
          try session.executeText("CREATE TABLE t (name VARCHAR(10))")
          try session.execute("INSERT INTO t VALUES (?)", ["🙂"])
        }
        await connection.close()
      }
    }
    let again = try fixture.open()
    try await fixture.running(again) { _ in
      let answer = try await fixture.ask(again.settings, "SELECT name FROM t")
      #expect(answer == ["🙂"])
    }
  }

  @Test func aCrashedServerIsStartedAgain() async throws {
    let fixture = try ManagedFixture()
    let database = try fixture.open()
    try await fixture.running(database) { process in
      kill(process, SIGKILL)
      let other = try await fixture.wait(for: database, otherThan: process)
      #expect(isAlive(other))
      let answer = try await fixture.ask(database.settings, "SELECT 'back'")
      #expect(answer == ["back"])
    }
  }

  @Test func anOrphanIsTakenOverWithANewPassword() async throws {
    let fixture = try ManagedFixture()
    let (orphan, oldSettings) = try await leaveOrphan(fixture)
    #expect(isAlive(orphan))
    let heir = try fixture.open()
    try await fixture.running(heir) { process in
      #expect(process == orphan)
      let answer = try await fixture.ask(heir.settings, "SELECT 'mine'")
      #expect(answer == ["mine"])
      await #expect(throws: DatabaseError.self) {
        try await fixture.ask(oldSettings, "SELECT 'still mine'")
      }
    }
    #expect(!isAlive(orphan))
  }

  @Test func anOrphanThatDiesIsStartedAgain() async throws {
    let fixture = try ManagedFixture()
    let (orphan, _) = try await leaveOrphan(fixture)
    let heir = try fixture.open()
    try await fixture.running(heir) { process in
      #expect(process == orphan)
      kill(process, SIGKILL)
      try await fixture.wait(for: heir, otherThan: orphan)
      let answer = try await fixture.ask(heir.settings, "SELECT 'back'")
      #expect(answer == ["back"])
    }
  }

  /// Starts a database and goes away as a killed daemon does: nothing is stopped, the lock is free.
  private func leaveOrphan(
    _ fixture: ManagedFixture
  ) async throws -> (process: pid_t, settings: ConnectionSettings) {
    let database = try fixture.open()
    let process = try await fixture.running(database, leavesOrphan: true) { $0 }
    return (process, database.settings)
  }

  @Test func aHungServerIsLeftAlone() async throws {
    let fixture = try ManagedFixture()
    let database = try fixture.open()
    try await fixture.running(database) { process in
      kill(process, SIGSTOP)
      let hasEnded = await database.stop(deadline: .milliseconds(50))
      #expect(!hasEnded)
      #expect(isAlive(process))
      kill(process, SIGCONT)
      let hasEndedLater = await database.stop()
      #expect(hasEndedLater)
    }
  }

  @Test func theServerHasNoneOfOurDescriptors() async throws {
    let fixture = try ManagedFixture()
    let database = try fixture.open()
    // A descriptor that a careless start would hand down.
    let careless = open("\(fixture.folder)/careless", O_RDWR | O_CREAT, 0o600)
    defer { close(careless) }
    try await fixture.running(database) { process in
      let links = (0..<256).compactMap { number -> String? in
        var target = [CChar](repeating: 0, count: 1024)
        let count = readlink("/proc/\(process)/fd/\(number)", &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
      }
      #expect(links.contains { $0.hasSuffix("/mariadbd.log") })
      #expect(!links.contains { $0.hasSuffix("/careless") || $0.hasSuffix("/lock") })
    }
  }

  @Test(.enabled(if: getuid() == 0, "only root can start a server as somebody else"))
  func underRootTheServerRunsAsTheOwnerOfTheDirectory() async throws {
    let fixture = try ManagedFixture()
    let (owner, group) = try #require(
      getpwnam("nobody").map { ($0.pointee.pw_uid, $0.pointee.pw_gid) })
    chown(fixture.folder, owner, group)
    let database = try fixture.open()
    try await fixture.running(database) { process in
      var status = stat()
      #expect(stat("/proc/\(process)", &status) == 0)
      #expect(status.st_uid == owner)
      let answer = try await fixture.ask(database.settings, "SELECT 'here'")
      #expect(answer == ["here"])
    }
    var status = stat()
    #expect(stat("\(fixture.directory)/lock", &status) == 0)
    #expect(status.st_uid == owner)
  }

  @Test func aServerThatCannotStartIsTriedAgainWithItsReasonShown() async throws {
    let fixture = try ManagedFixture()
    do {
      let database = try fixture.open()
      try await fixture.running(database) { _ in }
    }
    truncate("\(fixture.directory)/data/ibdata1", 1000)
    let database = try fixture.open()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await database.run() }
      let state = try await fixture.wait(for: database) { state in
        if case .backingOff = state { true } else { false }
      }
      guard case .backingOff(let reason) = state else { throw TestFault("\(state)") }
      #expect(reason.contains("mariadbd ended while starting"))
      #expect(reason.contains("ibdata1"))
      group.cancelAll()
    }
    await database.stop()
  }
}
