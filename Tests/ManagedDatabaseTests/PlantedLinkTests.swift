import Glibc
import ManagedDatabase
import MariaDB
import TestSupport
import Testing

/// Links, planted in the data directory, in the place of each file of ours.
@Suite("Links in the data directory") struct PlantedLinkTests {
  let fixture: ManagedFixture
  /// A file that is not the data directory's.
  private var treasure: String { "\(fixture.folder)/treasure" }

  init() throws {
    fixture = try ManagedFixture()
    mkdir(fixture.directory, 0o700)
    try TemporaryFolder.write("gold", to: treasure)
    chmod(treasure, 0o600)
  }

  private func expectTreasureUntouched() {
    var status = stat()
    #expect(lstat(treasure, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600 && status.st_uid == getuid())
    #expect(TemporaryFolder.text(treasure) == "gold")
  }

  private func plant(_ name: String, _ target: String? = nil) {
    #expect(symlink(target ?? treasure, "\(fixture.directory)/\(name)") == 0)
  }

  @Test func aLockIsRefused() throws {
    plant("lock")
    let error = #expect(throws: ManagedDatabaseError.self) { _ = try fixture.open() }
    #expect(error?.description.contains("lock is a link") == true)
    expectTreasureUntouched()
  }

  @Test(arguments: ["socket-path", "accounts.sql", "mariadbd.log", "mariadbd.answered"])
  func aFileIsReplaced(_ name: String) async throws {
    try TemporaryFolder.write("", to: "\(fixture.directory)/lock")
    plant(name)
    let database = try fixture.open()
    try await fixture.running(database) { _ in
      var status = stat()
      #expect(lstat("\(fixture.directory)/\(name)", &status) == 0)
      #expect(status.st_mode & S_IFMT == S_IFREG && status.st_uid == getuid())
    }
    expectTreasureUntouched()
  }

  @Test func theTemporaryDirectoryIsRefused() throws {
    try TemporaryFolder.write("", to: "\(fixture.directory)/lock")
    mkdir("\(fixture.folder)/elsewhere", 0o700)
    plant("tmp", "\(fixture.folder)/elsewhere")
    #expect(throws: ManagedDatabaseError.self) { _ = try fixture.open() }
  }

  @Test(.enabled(if: getuid() == 0, "needs another account"))
  func underRootAnotherAccountsLinksLeadToNothingOfRoots() async throws {
    let owner = try #require(getpwnam("nobody").map { $0.pointee.pw_uid })
    chmod(fixture.folder, 0o755)
    chown(fixture.directory, owner, 65534)
    let names = [
      "socket-path", "accounts.sql", "mariadbd.log", "mariadbd.log.old", "mariadbd.answered",
      "mariadbd.pid", "mariadbd.sock",
    ]
    let lock = "\(fixture.directory)/lock"
    try TemporaryFolder.write("", to: lock)
    chown(lock, owner, 65534)
    for name in names {
      plant(name)
      lchown("\(fixture.directory)/\(name)", owner, 65534)
    }
    let database = try fixture.open()
    try await fixture.running(database) { _ in
      let answer = try await fixture.ask(database.settings, "SELECT 'here'")
      #expect(answer == ["here"])
    }
    expectTreasureUntouched()
    #expect(strangers(in: fixture.directory, owner: owner) == [])
  }

  /// What below a directory does not belong to its owner.
  private func strangers(in directory: String, owner: uid_t) -> [String] {
    TemporaryFolder.names(in: directory).flatMap { name -> [String] in
      let path = "\(directory)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { return [] }
      let below =
        status.st_mode & S_IFMT == S_IFDIR ? strangers(in: path, owner: owner) : []
      return (status.st_uid == owner ? [] : [path]) + below
    }
  }
}
