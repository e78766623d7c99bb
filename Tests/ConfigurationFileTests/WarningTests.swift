import ConfigurationFile
import Glibc
import TestSupport
import Testing

/// What is allowed and said loudly.
@Suite struct WarningTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.write("token", "0123456789abcdef".utf8)
    try folder.write("password", "secret".utf8)
    try folder.write("ca.pem", "-----BEGIN CERTIFICATE-----".utf8)
  }

  private func warnings(_ text: String, credentials: String? = nil) throws -> [String] {
    try Configuration.parse(
      Array(text.utf8), path: folder.path + "/c.json", credentialsDirectory: nil
    ).warnings(credentialsDirectory: credentials).map {
      $0.replacing(folder.path, with: "FOLDER")
    }
  }

  @Test func nothingIsSaidOfTheExample() throws {
    #expect(try warnings(Sample.good) == [])
  }

  @Test(arguments: ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
  func openOnLoopbackIsLoud(_ address: String) throws {
    let text = Sample.section(#""http":{"open":true,"address":"\#(address)"}"#)
    let warning = try #require(try warnings(text).first)
    #expect(
      warning.hasPrefix("http.open: EVERYBODY who reaches \(address):8080 may change points"))
  }

  @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1", "128.0.0.1"])
  func openBeyondLoopbackIsRefused(_ address: String) {
    let faults = #expect(throws: ConfigurationFaults.self) {
      try warnings(Sample.section(#""http":{"open":true,"address":"\#(address)"}"#))
    }
    #expect(faults?.faults.map(\.keyPath) == ["http.open"])
  }

  @Test func aTokenInPlainTextBeyondLoopbackIsLoud() throws {
    let text = Sample.section(#""http":{"tokenFile":"token","address":"0.0.0.0"}"#)
    let warning = try #require(try warnings(text).first)
    #expect(
      warning.hasPrefix("http.tokenFile: the token crosses the network UNENCRYPTED to 0.0.0.0"))
    #expect(try warnings(Sample.section(#""http":{"tokenFile":"token"}"#)) == [])
    #expect(try warnings(Sample.section(#""http":{"address":"0.0.0.0"}"#)) == [])
  }

  @Test func aDatabaseElsewhereWithoutTLSIsLoud() throws {
    func text(_ host: String, _ tls: String) -> String {
      Sample.database(#"{"hosts":["\#(host)"],"passwordFile":"password","tls":\#(tls)}"#)
    }
    let warning = try #require(try warnings(text("db.example", "false")).first)
    #expect(warning.hasPrefix("database.tls: what goes to db.example is UNENCRYPTED"))
    #expect(try warnings(text("db.example", "true")) == [])
    #expect(try warnings(text("db.example", #""ca.pem""#)) == [])
    #expect(try warnings(text("localhost", "false")) == [])
  }

  @Test func aPasswordThatOthersReadIsLoud() throws {
    let text = Sample.database(#"{"hosts":["/s"],"passwordFile":"password"}"#)
    #expect(try warnings(text) == [])
    try #require(chmod(folder.path + "/password", 0o644) == 0)
    #expect(
      try warnings(text) == [
        "database.passwordFile: every account can read it; run: chmod 600 FOLDER/password"
      ])
    #expect(try warnings(text, credentials: folder.path) == [])
  }
}
