import ConfigurationFile
import TestSupport
import Testing

@Suite struct PathTests {
  private func socket(
    _ socket: String, file: String, credentials: String? = nil
  ) throws -> String {
    let text = Sample.section(#""control":{"socket":"\#(socket)"}"#)
    return try Configuration.parse(
      Array(text.utf8), path: file, credentialsDirectory: credentials
    ).control.socket
  }

  @Test func pathsAreRelativeToTheFile() throws {
    #expect(try socket("s", file: "/etc/c.json") == "/etc/s")
    #expect(try socket("../var/./s", file: "/etc/c.json") == "/var/s")
    #expect(try socket("../../../s", file: "/etc/c.json") == "/s")
    #expect(try socket("/run//s", file: "/etc/c.json") == "/run/s")
    #expect(try socket("s", file: "c.json").hasSuffix("/s"))
    #expect(try socket("s", file: "c.json").hasPrefix("/"))
  }

  /// `..` leads to the parent of the real folder, as the kernel sees it.
  @Test func theFolderOfTheFileIsALink() throws {
    let folder = try TestFolder()
    try folder.makeFolder("real")
    try folder.makeFolder("real/inner")
    try folder.link("link", to: "real/inner")
    #expect(try socket("../s", file: folder.path + "/link/c.json") == folder.path + "/real/s")
  }

  /// The limit holds for the path the kernel gets, not for the text in the file.
  @Test func longSocketPathThatIsShortInTheFile() throws {
    let deep = "/" + String(repeating: "d", count: 105) + "/c.json"
    let fault = #expect(throws: ConfigurationFaults.self) { try socket("s", file: deep) }
    #expect(fault?.faults.first?.keyPath == "control.socket")
    #expect(try socket("../s", file: deep) == "/s")
  }

  @Test func credentialsComeBeforeFilesBesideTheConfiguration() throws {
    let folder = try TestFolder()
    try folder.makeFolder("credentials")
    try folder.write("credentials/one", "0123456789abcdef".utf8)
    try folder.write("one", "1123456789abcdef".utf8)
    try folder.write("two", "2123456789abcdef".utf8)
    func tokenFile(_ name: String) throws -> String? {
      let text = Sample.section(#""http":{"tokenFile":"\#(name)"}"#)
      return try Configuration.parse(
        Array(text.utf8), path: folder.path + "/c.json",
        credentialsDirectory: folder.path + "/credentials"
      ).http.tokenFile
    }
    #expect(try tokenFile("one") == folder.path + "/credentials/one")
    #expect(try tokenFile("./one") == folder.path + "/one")
    #expect(try tokenFile("two") == folder.path + "/two")
  }

}
