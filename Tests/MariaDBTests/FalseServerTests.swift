import MariaDB
import TestSupport
import Testing

/// A server that is not the one that is meant gets no password.
@Suite("False servers")
struct FalseServerTests {
  private static let password = "correct horse battery staple"

  private static func settings(_ port: Int, tls: ConnectionSettings.TLS) -> ConnectionSettings {
    ConnectionSettings(
      endpoint: .tcp(host: "127.0.0.1", port: port), tls: tls, user: "the-account",
      password: password, database: "network_project", connectTimeoutSeconds: 3,
      readTimeoutSeconds: 3)
  }

  /// Connects, which must fail; all that the server got, and what the client says.
  private func meet(
    _ script: FalseServer.Script, tls: ConnectionSettings.TLS = .off
  ) async throws -> (bytes: [UInt8], error: DatabaseError) {
    let server = try FalseServer(script)
    let error = await #expect(throws: DatabaseError.self) {
      try await Connection.open(Self.settings(server.port, tls: tls))
    }
    return (await server.received(), try #require(error))
  }

  private func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    String(decoding: bytes, as: UTF8.self).contains(text)
  }

  private static let methods = [
    "mysql_clear_password", "dialog", "sha256_password", "caching_sha2_password",
    "mysql_old_password", "auth_gssapi_client", "", "password", "../../tmp/evil",
  ]

  @Test(arguments: methods)
  func noPasswordForAServerThatAsksForIt(_ method: String) async throws {
    let (bytes, error) = try await meet(.init(change: method))
    // The login arrived, so the server was in a position to ask.
    #expect(contains(bytes, "the-account"))
    #expect(!contains(bytes, Self.password))
    if method == "mysql_clear_password" {
      #expect(error.code == 5010)
      #expect(error.kind == .never)
      #expect(error.description.contains("pointsd sends no password in the clear"))
    }
  }

  @Test(arguments: methods)
  func noPasswordForAServerThatGreetsSo(_ method: String) async throws {
    let (bytes, _) = try await meet(.init(greeting: method))
    #expect(!contains(bytes, Self.password))
  }

  /// `caching_sha2_password` gives the password to whoever sends a key: 4 asks for all of it.
  @Test func noPasswordForAKeyOfTheServers() async throws {
    let (bytes, _) = try await meet(.init(change: "caching_sha2_password", demand: [1, 4]))
    #expect(!contains(bytes, Self.password))
    // Asked for the key, the client has not even begun.
    #expect(bytes.last != 2)
  }

  /// With TLS nothing at all is said to a server that has not shown who it is.
  @Test func nothingForAServerWithoutTLS() async throws {
    let (bytes, error) = try await meet(.init(change: "mysql_clear_password"), tls: .system)
    #expect(bytes == [])
    #expect(error.code == 2026)
    #expect(error.description.contains("false connects without TLS"))
  }

  /// One that claims TLS gets a request for it and the beginning of a handshake: no account, no
  /// proof of the password.
  @Test func onlyAHandshakeForAServerThatClaimsTLS() async throws {
    let (bytes, error) = try await meet(
      .init(change: "mysql_clear_password", claimsTLS: true), tls: .system)
    #expect(!bytes.isEmpty)
    for text in ["the-account", Self.password, "network_project", "native"] {
      #expect(!contains(bytes, text), "\(text)")
    }
    // 32 bytes of capabilities, then TLS: handshake, version 3.
    #expect(bytes.dropFirst(36).starts(with: [0x16, 3]))
    #expect(error.code == 2026 || error.code == 2013)
  }
}
