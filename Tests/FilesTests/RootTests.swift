import Files
import Glibc
import TestSupport
import Testing

/// What root does in a directory of another account.
@Suite("Root in other accounts' directories", .enabled(if: getuid() == 0, "needs root"))
struct RootTests {
  let folder: TestFolder
  let other: uid_t
  private var theirs: String { folder.path + "/theirs" }

  init() throws {
    folder = try TestFolder()
    chmod(folder.path, 0o755)
    other = try #require(getpwnam("nobody").map { $0.pointee.pw_uid })
    try folder.makeFolder("theirs")
    chown(theirs, other, 0)
  }

  private func owner(_ path: String) -> uid_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_uid : nil
  }

  @Test func whatIsMadeBelongsToTheOwner() throws {
    let directory = try Directory(theirs + "/var/data", making: 0o700)
    #expect(owner(theirs + "/var") == other)
    #expect(owner(theirs + "/var/data") == other)
    try directory.write("text", to: "note", mode: 0o644)
    _ = try directory.writing("lock")
    _ = try directory.directory("inner", making: 0o700)
    for name in ["note", "lock", "inner"] { #expect(owner(directory.path(of: name)) == other) }
    // The rights are the process's again.
    #expect(owner(try folder.write("after", [])) == 0)
  }

  @Test func aLinkOfTheirsLeadsNowhereElse() throws {
    try folder.makeFolder("roots")
    for (name, target) in [("absolute", folder.path + "/roots"), ("relative", "../roots")] {
      let link = "\(theirs)/\(name)"
      #expect(symlink(target, link) == 0)
      lchown(link, other, 0)
      #expect(throws: FileError.self) { try Directory(link) }
      #expect(throws: FileError.self) { try Directory(link + "/new", making: 0o700) }
    }
    #expect(access(folder.path + "/roots/new", F_OK) != 0)
  }

  @Test func aLinkOfTheirsToWhatIsTheirsIsFollowed() throws {
    try folder.makeFolder("more")
    chown(folder.path + "/more", other, 0)
    #expect(symlink(folder.path + "/more", theirs + "/link") == 0)
    lchown(theirs + "/link", other, 0)
    let directory = try Directory(theirs + "/link/data", making: 0o700)
    #expect(directory.path == folder.path + "/more/data")
    #expect(directory.account.user == other)
  }

  @Test func aThirdAccountIsNotReachedThroughASecond() throws {
    try folder.makeFolder("theirs/third")
    chown(theirs + "/third", other - 1, 0)
    #expect(throws: FileError.self) { try Directory(theirs + "/third") }
  }

  @Test func aFileOfRootsInTheirDirectoryIsRefused() throws {
    try folder.write("theirs/lock", Array("roots".utf8))
    let directory = try Directory(theirs)
    #expect(throws: FileError.self) { try directory.writing("lock") }
    #expect(TemporaryFolder.text(theirs + "/lock") == "roots")
  }
}
