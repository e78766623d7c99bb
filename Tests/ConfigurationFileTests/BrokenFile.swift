import ConfigurationFile
import TestSupport
import Testing

/// A file that must be refused, and every line that must be said about it.
struct BrokenFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let text: String
  /// Without the file's name; `FOLDER` stands for the folder it is in.
  let expected: [String]

  init(_ description: String, _ text: String, _ expected: [String]) {
    self.testDescription = description
    self.text = text
    self.expected = expected
  }
}

@Suite struct BrokenFileTests {
  @Test(arguments: BrokenFile.syntax + BrokenFile.users + BrokenFile.sections)
  func isRefusedWithExactlyTheseMessages(_ broken: BrokenFile) throws {
    let folder = try TestFolder()
    try folder.write("password", "secret\n".utf8)
    try folder.write("empty", "".utf8)
    try folder.write("lines", "a\nb\n".utf8)
    let file = try folder.write("c.json", broken.text.utf8)
    #expect(messages(loading: file, in: folder) == broken.expected.map { "FOLDER/c.json:" + $0 })
  }

  @Test func theWholeFileAtFault() throws {
    let folder = try TestFolder()
    let file = try folder.write("file", "".utf8)
    #expect(messages(loading: file, in: folder) == ["FOLDER/file: the file is empty"])
    #expect(
      messages(loading: folder.path, in: folder)
        == ["FOLDER: is a directory; name the file in it"])
    #expect(messages(loading: folder.path + "/none", in: folder) == ["FOLDER/none: no such file"])
    #expect(messages(loading: "", in: folder) == [": no such file"])
    #expect(
      messages(loading: file + "/below", in: folder)
        == ["FOLDER/file/below: cannot be read: a folder of its path is a file"])
    #expect(messages(loading: "/dev/null", in: folder) == ["/dev/null: is not a regular file"])
  }

  @Test func bytesThatAreNotUTF8() throws {
    let folder = try TestFolder()
    let latin = try folder.write("latin", Array("{\"users\":\n \"Zo".utf8) + [0xEB, 0x22, 0x7D])
    #expect(
      messages(loading: latin, in: folder)
        == ["FOLDER/latin:2:5: the byte 0xEB is not UTF-8; save the file as UTF-8"])
    let wide = try folder.write("wide", [0xFF, 0xFE, 0x7B, 0x00])
    #expect(
      messages(loading: wide, in: folder)
        == ["FOLDER/wide:1:1: the file is UTF-16; save it as UTF-8"])
  }

  @Test func fileOfMoreThanTheLimit() throws {
    let folder = try TestFolder()
    let blanks = [UInt8](repeating: 0x20, count: Configuration.sizeLimit + 1)
    let file = try folder.write("large", blanks)
    #expect(messages(loading: file, in: folder) == ["FOLDER/large: is larger than 16 MiB"])
  }

  @Test(.enabled(if: !runsAsRoot, "root may read every file"))
  func fileThatMayNotBeRead() throws {
    let folder = try TestFolder()
    let file = try folder.write("closed", Sample.good.utf8)
    try forbidReading(file)
    let message = try #require(messages(loading: file, in: folder).first)
    #expect(message.hasPrefix("FOLDER/closed: permission denied; allow user "))
  }

  /// Root may read whatever has permissions, but nobody follows links in a circle.
  @Test func fileBehindLinksInACircle() throws {
    let folder = try TestFolder()
    try folder.link("there", to: "here")
    try folder.link("here", to: "there")
    #expect(
      messages(loading: folder.path + "/here", in: folder)
        == ["FOLDER/here: cannot be read: Too many levels of symbolic links"])
  }

  /// The file's name comes from a command line and may hold anything.
  @Test func fileNameWithControlCharacters() throws {
    let folder = try TestFolder()
    #expect(
      messages(loading: folder.path + "/\u{1B}[2J", in: folder)
        == [#"FOLDER/\u001B[2J: no such file"#])
  }
}

/// The lines that loading a broken file gives; none when it is accepted.
private func messages(loading file: String, in folder: TestFolder) -> [String] {
  do {
    _ = try Configuration.load(path: file, credentialsDirectory: nil)
    return []
  } catch {
    return error.description.split(separator: "\n").map {
      String($0).replacing(folder.path, with: "FOLDER")
    }
  }
}
