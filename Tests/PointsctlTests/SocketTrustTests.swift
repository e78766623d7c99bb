import Glibc
import TestSupport
import Testing

@testable import pointsctl

@Suite struct SocketTrustTests {
  private typealias Folder = SocketTrust.Folder

  private func isTrusted(owner: uid_t, _ folders: [(uid_t, Bool)]) -> Bool {
    SocketTrust.isTrusted(
      owner: owner, by: 1000, folders: folders.map { Folder(owner: $0.0, isOpenToOthers: $0.1) })
  }

  @Test func rootsAndOnesOwnWhereverTheyAre() {
    #expect(isTrusted(owner: 0, [(1001, true)]))
    #expect(isTrusted(owner: 1000, [(1001, true)]))
  }

  @Test func theServicesInTheFolderThatRootMadeForIt() {
    // /run/pointsd, /run, /
    #expect(isTrusted(owner: 500, [(500, false), (0, false), (0, false)]))
    #expect(isTrusted(owner: 500, [(0, false), (0, false)]))
  }

  @Test func nobodyElses() {
    // var of bob's project; a folder in /tmp; a folder that a group may write to.
    #expect(!isTrusted(owner: 1001, [(1001, false), (1001, false), (0, false)]))
    #expect(!isTrusted(owner: 1001, [(1001, false), (0, true), (0, false)]))
    #expect(!isTrusted(owner: 1001, [(0, true), (0, false)]))
    #expect(!isTrusted(owner: 1001, [(500, false), (0, false)]))
    #expect(!isTrusted(owner: 1001, []))
  }

  @Test(.enabled(if: getuid() == 0, "only root can make another account's socket"))
  func anotherAccountsSocketIsAskedNothing() async throws {
    let folder = try TestFolder()
    let path = folder.path + "/var/control.sock"
    try folder.makeFolder("var")
    let daemon = try await ScriptedDaemon(socket: path) { _ in .data("[]") }
    chown(path, 65534, 65534)
    chown(folder.path + "/var", 65534, 65534)
    for arguments in [["ps"], ["--socket", path, "ps"], ["--socket", path, "backup", "-"]] {
      let outcome = try await RunningCommand.run(arguments, folder: folder.path)
      #expect(outcome.status == 77)
      #expect(outcome.errors.contains("belongs to nobody, and you are root"))
    }
    let environment = try await RunningCommand.run(["ps"], environment: ["POINTSD_SOCKET=\(path)"])
    #expect(environment.status == 77)
    #expect(daemon.requests == [])
    chown(path, 0, 0)
    #expect(try await RunningCommand.run(["ps"], folder: folder.path).status == 0)
    try await daemon.stop()
  }

  @Test func aLinkToOnesOwnSocketIsFollowed() async throws {
    let folder = try TestFolder()
    let daemon = try await ScriptedDaemon(socket: folder.path + "/s") { _ in .data("[]") }
    try folder.link("link", to: "s")
    let outcome = try await RunningCommand.run(["--socket", folder.path + "/link", "ps"])
    #expect(outcome.status == 0)
    #expect(Set(daemon.requests.map(\.host)) == ["localhost"])
    try await daemon.stop()
  }
}
