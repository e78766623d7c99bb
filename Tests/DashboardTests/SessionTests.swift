import Glibc
import TestSupport
import Testing

@testable import Dashboard

/// How long sessions hold, and the key that they hang on.
@Suite struct SessionTests {
  private let folder = TemporaryFolder()
  private var path: String { folder.path + "/control.sock.key" }
  private let recorder = LogRecorder()

  private func sessions() -> Sessions {
    let sessions = Sessions(file: SessionKeyFile(path: path))
    sessions.load(logger: recorder.logger)
    return sessions
  }

  private func mode() -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  @Test func unusedForThirtyDaysIsOver() throws {
    let sessions = sessions()
    let month = Sessions.lifetime
    let cookie = try #require(sessions.begin(for: .alice, nowSeconds: 1000))
    let session = try #require(sessions.session(cookie, nowSeconds: 1000 + month - 1))
    #expect(session.account == .alice)
    #expect(sessions.session(cookie, nowSeconds: 1000 + month) == nil)
    // Use is noted once an hour, and the month begins again.
    #expect(sessions.renewed(session, nowSeconds: 1000 + Sessions.renewal - 1) == nil)
    let used = try #require(sessions.renewed(session, nowSeconds: 1000 + month - 1))
    #expect(sessions.session(used, nowSeconds: 1000 + 2 * month - 2) != nil)
    // Logged out is logged out, with the older and the newer cookie.
    try sessions.end(session, nowSeconds: 1000 + month)
    #expect(sessions.session(used, nowSeconds: 1000 + month) == nil)
    #expect(self.sessions().session(used, nowSeconds: 1000 + month) == nil)
  }

  @Test func namesOfAllKindsSurvive() throws {
    let sessions = sessions()
    for name in [nil, "alice", "DOM\\ünï.côde;=", "a.b"] as [String?] {
      let account = Account(identifier: 4_294_967_294, name: name)
      let cookie = try #require(sessions.begin(for: account, nowSeconds: 0))
      #expect(cookie.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ";") })
      #expect(sessions.session(cookie, nowSeconds: 0)?.account == account)
    }
  }

  @Test func theKeyIsForTheDaemonAlone() throws {
    let cookie = try #require(sessions().begin(for: .alice, nowSeconds: 0))
    #expect(mode() == 0o600)
    #expect(sessions().session(cookie, nowSeconds: 0) != nil)
    #expect(recorder.lines == [])
  }

  /// A key that others may have read or written is exchanged.
  @Test(arguments: [0o644, 0o660, 0o602] as [mode_t])
  func aKeyThatOthersReachIsExchanged(mode: mode_t) throws {
    let cookie = try #require(sessions().begin(for: .alice, nowSeconds: 0))
    chmod(path, mode)
    #expect(sessions().session(cookie, nowSeconds: 0) == nil)
    #expect(self.mode() == 0o600)
    #expect(recorder.lines.count == 1)
  }

  /// What stands in the key's place is never written through, and never believed.
  @Test func aLinkInItsPlaceIsReplaced() throws {
    let target = folder.path + "/target"
    let file = Glibc.open(target, O_CREAT | O_WRONLY, 0o600)
    _ = write(file, "kept", 4)
    close(file)
    #expect(symlink(target, path) == 0)
    _ = sessions()
    var status = stat()
    #expect(lstat(target, &status) == 0 && status.st_size == 4)
    #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
    #expect(recorder.lines.count == 1)
  }

  @Test(.enabled(if: geteuid() == 0, "needs root"))
  func rootsKeyBelongsToTheOwnerOfTheFolder() throws {
    #expect(chown(folder.path, 65534, 65534) == 0)
    let cookie = try #require(sessions().begin(for: .alice, nowSeconds: 0))
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_uid == 65534 && status.st_mode & 0o777 == 0o600)
    #expect(sessions().session(cookie, nowSeconds: 0) != nil)
    #expect(recorder.lines == [])
    // One of another account is not believed.
    #expect(chown(path, 1, 1) == 0)
    #expect(sessions().session(cookie, nowSeconds: 0) == nil)
    #expect(lstat(path, &status) == 0 && status.st_uid == 65534)
  }

  @Test(arguments: ["", "key", "key 00", "key zz", "other", "key \n", "ended a 1"])
  func garbageIsNoKey(text: String) {
    #expect(SessionKey(text) == nil)
  }

  @Test func aKeyIsReadAsItWasWritten() {
    var key = SessionKey()
    key.end("abc", until: 50, nowSeconds: 0)
    key.end("def", until: 90, nowSeconds: 60)
    #expect(key.ended == ["def": 90])
    #expect(SessionKey(key.text) == key)
  }

  @Test func aFolderThatCannotBeWrittenIsSaid() {
    let sessions = Sessions(file: SessionKeyFile(path: folder.path + "/none/key"))
    sessions.load(logger: recorder.logger)
    #expect(recorder.lines.contains { $0.contains("sessions end with this daemon") })
    #expect(throws: SessionKeyFile.Fault.self) { try sessions.revokeAll() }
  }
}
