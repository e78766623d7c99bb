import Files
import Glibc
import TestSupport
import Testing

@Suite("Directories and files of ours") struct DirectoryTests {
  let folder: TestFolder
  /// A file that nobody may touch.
  let treasure: String

  init() throws {
    folder = try TestFolder()
    treasure = try folder.write("treasure", Array("gold".utf8))
    try folder.makeFolder("ours")
  }

  private var ours: String { folder.path + "/ours" }

  private func expectTreasureUntouched() {
    var status = stat()
    #expect(stat(treasure, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    #expect(TemporaryFolder.text(treasure) == "gold")
  }

  @Test func aWrittenFileIsWholeAndHasItsMode() throws {
    let directory = try Directory(ours)
    try directory.write("text", to: "name", mode: 0o644)
    #expect(directory.text("name") == "text")
    #expect(directory.status("name").map { $0.st_mode & 0o7777 } == 0o644)
    #expect(try directory.names() == ["name"])
  }

  @Test func aNameMayBeginWithWhatASlashIsOneCharacterWith() throws {
    try folder.makeFolder("ours/\u{301}below")
    let directory = try Directory("\(ours)/\u{301}below")
    #expect(directory.path.unicodeScalars.elementsEqual("\(ours)/\u{301}below".unicodeScalars))
    let (parent, name) = Directory.split("\(ours)/\u{301}below")
    #expect(parent == ours && name == "\u{301}below")
    #expect(Directory.split("name") == (".", "name"))
    #expect(Directory.split("/name") == ("/", "name"))
  }

  @Test func writingReplacesALinkAndNotItsTarget() throws {
    try folder.link("ours/name", to: treasure)
    let directory = try Directory(ours)
    try directory.write("text", to: "name", mode: 0o644)
    #expect(directory.text("name") == "text")
    expectTreasureUntouched()
  }

  @Test func aLinkIsNotOpened() throws {
    try folder.link("ours/name", to: treasure)
    let directory = try Directory(ours)
    let error = #expect(throws: FileError.self) { try directory.writing("name") }
    #expect(error?.description.contains("is a link") == true)
    #expect(directory.text("name") == nil)
    try directory.remove("name")
    #expect(!directory.contains("name"))
    expectTreasureUntouched()
  }

  @Test func aLinkToNothingMakesNothing() throws {
    try folder.link("ours/name", to: folder.path + "/new")
    let directory = try Directory(ours)
    #expect(throws: FileError.self) { try directory.writing("name", appending: true) }
    #expect(access(folder.path + "/new", F_OK) != 0)
  }

  @Test func aFileWithASecondNameIsNotWrittenTo() throws {
    #expect(link(treasure, ours + "/name") == 0)
    let directory = try Directory(ours)
    let error = #expect(throws: FileError.self) { try directory.writing("name") }
    #expect(error?.description.contains("no file with one name") == true)
    try directory.write("text", to: "name", mode: 0o600)
    expectTreasureUntouched()
  }

  @Test func aPipeIsNotWaitedFor() throws {
    #expect(mkfifo(ours + "/name", 0o600) == 0)
    let directory = try Directory(ours)
    #expect(throws: FileError.self) { try directory.writing("name") }
    #expect(directory.text("name") == nil)
  }

  @Test func aLinkIsNoDirectoryOfOurs() throws {
    try folder.makeFolder("elsewhere")
    try folder.link("ours/name", to: folder.path + "/elsewhere")
    let directory = try Directory(ours)
    #expect(throws: FileError.self) { try directory.directory("name", making: 0o700) }
  }

  @Test func missingDirectoriesAreMadeOnTheWay() throws {
    let directory = try Directory(ours + "/a/b", making: 0o700)
    #expect(directory.path == ours + "/a/b")
    #expect(directory.isPrivate)
    #expect(throws: FileError.self) { try Directory(ours + "/c/d") }
    #expect(throws: FileError.self) { try Directory(treasure + "/d", making: 0o700) }
  }

  @Test func linksOnTheWayAreFollowedWhereTheyAreOnesOwn() throws {
    try folder.link("absolute", to: ours)
    try folder.link("relative", to: "./../\(folder.path.split(separator: "/").last ?? "")/ours/")
    #expect(try Directory(folder.path + "/absolute").path == ours)
    #expect(try Directory(folder.path + "/relative").path == ours)
    try folder.link("loop", to: "loop")
    #expect(throws: FileError.self) { try Directory(folder.path + "/loop") }
  }
}
