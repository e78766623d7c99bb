import Foundation
import Glibc
import TestSupport
import Testing

/// Root in a folder of another account, as `sudo make run` is, and the account itself afterwards.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: getuid() == 0, "needs root"))
struct OtherAccountTests {
  private static let account: uid_t = 65534

  private func give(_ path: String) {
    chown(path, Self.account, 65534)
    for name in TemporaryFolder.names(in: path) { lchown("\(path)/\(name)", Self.account, 65534) }
  }

  /// What below a folder belongs to root.
  private func rootsOwn(_ folder: String) -> [String] {
    TemporaryFolder.names(in: folder).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      // Links are not followed.
      guard let found = try? FileManager.default.attributesOfItem(atPath: path) else { return [] }
      let isFolder = found[.type] as? FileAttributeType == .typeDirectory
      let isRoots = (found[.ownerAccountID] as? NSNumber)?.intValue == 0
      return (isRoots ? [path] : []) + (isFolder ? rootsOwn(path) : [])
    }
  }

  @Test func afterRootTheOwnerCanRunItToo() async throws {
    var options = Daemon.Options()
    options.extra = [
      "database": ["managed": ["dataDirectory": "var/mariadb"]],
      "control": ["socket": "var/run/control.sock"],
    ]
    let daemon = try Daemon(options)
    give(daemon.directory)
    try await daemon.start()
    // The socket is the right to change things: it stays the daemon's.
    let socket = daemon.directory + "/var/run/control.sock"
    #expect(rootsOwn(daemon.directory + "/var").filter { !$0.hasPrefix(socket) } == [])
    #expect(try await daemon.stop() == 0)
    daemon.options.launcher = [
      "/usr/bin/setpriv", "--reuid=\(Self.account)", "--regid=65534", "--clear-groups",
    ]
    give(daemon.directory)
    try await daemon.start()
    #expect(try daemon.points().count == 5)
    // Killed, its server is taken over by root.
    daemon.kill()
    daemon.options.launcher = []
    try await daemon.start()
    #expect(try await daemon.stop() == 0)
  }

  @Test func aFolderOfAnotherAccountIsNamedWithWhatToDo() async throws {
    let daemon = try Daemon()
    give(daemon.directory)
    let data = daemon.directory + "/mariadb"
    mkdir(data, 0o700)
    daemon.options.launcher = [
      "/usr/bin/setpriv", "--reuid=\(Self.account)", "--regid=65534", "--clear-groups",
    ]
    try await daemon.start(waiting: false)
    let end = try await daemon.ended()
    #expect(end.status == 78)
    #expect(
      end.log.contains("it belongs to root, and pointsd runs as nobody: run it as that account"))
  }

  @Test func aLinkInTheirFolderLeadsRootNowhereElse() async throws {
    let daemon = try Daemon()
    give(daemon.directory)
    let elsewhere = try TestFolder()
    for name in ["mariadb", "run"] {
      symlink(elsewhere.path, daemon.directory + "/" + name)
      lchown(daemon.directory + "/" + name, Self.account, 65534)
    }
    let first = try run(Daemon.binary("pointsd").path, ["--config", daemon.configurationFile])
    #expect(first.status == 78)
    #expect(first.errors.contains("leads out of what belongs to nobody"), "\(first.errors)")
    #expect(TemporaryFolder.names(in: elsewhere.path) == [])
  }
}
