import ConfigurationFile
import Glibc
import TestSupport
import Testing

@Suite struct SecretFileTests {
  private let folder: TestFolder
  private static let token = "0123456789abcdef"

  init() throws { folder = try TestFolder() }

  /// What reading `name` says, with `FOLDER` for the folder; the secret where there is no fault.
  private func token(_ name: String, credentials: String? = nil) -> String {
    outcome { () throws(SecretFile.Fault) in
      try SecretFile.readToken(folder.path + "/" + name, credentialsDirectory: credentials)
    }
  }

  private func password(_ name: String) -> String {
    outcome { () throws(SecretFile.Fault) in try SecretFile.read(folder.path + "/" + name) }
  }

  private func outcome(_ read: () throws(SecretFile.Fault) -> String) -> String {
    do { return try read() } catch {
      return error.description.replacing(folder.path, with: "FOLDER")
    }
  }

  @Test func aSecretLosesItsLineEndAndNothingElse() throws {
    try folder.write("a", " s3 cret \r\n".utf8)
    #expect(password("a") == " s3 cret ")
    #expect(password("none") == "FOLDER/none: no such file")
  }

  /// Editors of another system write one; it is no part of the secret.
  @Test func aByteOrderMarkIsNoPartOfASecret() throws {
    try folder.write("a", [0xEF, 0xBB, 0xBF] + Array(Self.token.utf8) + [0x0D, 0x0A])
    #expect(password("a") == Self.token)
    #expect(token("a") == Self.token)
    try folder.write("nothing", [0xEF, 0xBB, 0xBF, 0x0A])
    #expect(password("nothing") == "FOLDER/nothing: must hold one line of text and nothing else")
  }

  @Test func aTokenHasSixteenCharacters() throws {
    try folder.write("a", "0123456789abcde\n".utf8)
    #expect(
      token("a")
        == "FOLDER/a: the token has 15 characters and needs 16 or more; make one: openssl rand -hex 32"
    )
    #expect(password("a") == "0123456789abcde")
    try folder.write("b", (Self.token + "\n").utf8)
    #expect(token("b") == Self.token)
  }

  @Test(arguments: [
    (0o600, ""), (0o400, ""), (0o604, "every account"), (0o644, "every account"),
    (0o640, "a group"), (0o440, "a group"),
  ])
  func aTokenIsItsOwnersAlone(_ mode: mode_t, _ readers: String) throws {
    let path = try folder.write("t", Self.token.utf8)
    try #require(chmod(path, mode) == 0)
    #expect(
      token("t")
        == (readers.isEmpty
          ? Self.token : "FOLDER/t: \(readers) can read it; run: chmod 600 FOLDER/t"))
    // systemd's credentials show the right of an access list as the group's.
    #expect(token("t", credentials: folder.path) == Self.token)
    #expect(token("t", credentials: folder.path + "/") == Self.token)
    // A name that only begins alike is another folder.
    #expect((token("t", credentials: folder.path + "/t") == Self.token) == readers.isEmpty)
  }

  @Test func linksOfOnesOwnLeadToASecret() throws {
    try folder.makeFolder("real")
    try folder.write("real/t", Self.token.utf8)
    try folder.link("relative", to: "real/../real/t")
    try folder.link("absolute", to: folder.path + "/real/t")
    try folder.link("way", to: "real")
    for name in ["relative", "absolute", "way/t", "way/../real/t"] {
      #expect(token(name) == Self.token, "\(name)")
    }
    try folder.link("here", to: "there")
    try folder.link("there", to: "here")
    #expect(token("here") == "FOLDER/here: cannot be read: Too many levels of symbolic links")
    #expect(token("real") == "FOLDER/real: is a directory; name the file in it")
    #expect(token("real/t/x") == "FOLDER/real/t/x: cannot be read: a folder of its path is a file")
  }

  /// Whoever owns a link can turn it to a file of which only this process's account may know.
  @Test(.enabled(if: runsAsRoot, "links of another account can be made by root only"))
  func linksOfOthersLeadNowhere() throws {
    try folder.makeFolder("real")
    try folder.write("real/t", Self.token.utf8)
    for (name, target) in [("t", "real/t"), ("way", "real")] {
      try folder.link(name, to: target)
      try #require(lchown(folder.path + "/" + name, 1234, 1234) == 0)
    }
    let refusal =
      "a link in its path belongs to user 1234, who could turn it elsewhere; name the file itself"
    #expect(token("t") == "FOLDER/t: " + refusal)
    #expect(password("way/t") == "FOLDER/way/t: " + refusal)
  }

  @Test func aNamedPipeIsNoSecretAndIsNotWaitedFor() throws {
    try #require(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(token("pipe") == "FOLDER/pipe: is not a regular file")
  }
}
