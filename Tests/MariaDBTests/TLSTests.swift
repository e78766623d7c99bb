import Glibc
import MariaDB
import TestSupport
import Testing

/// `database.tls` against real servers.
@Suite("TLS", .serialized)
struct TLSTests {
  /// A server that listens on a port of loopback, with a certificate or without.
  private struct Server {
    let database: PrivateDatabase
    let port: Int

    init(certificate: (certificate: String, key: String)?) async throws {
      port = try FreePorts.take(1)[0]
      var options = ["--skip-networking=0", "--bind-address=127.0.0.1,127.0.0.2", "--port=\(port)"]
      if let certificate {
        options += ["--ssl-cert=\(certificate.certificate)", "--ssl-key=\(certificate.key)"]
      } else {
        options += ["--skip-ssl"]
      }
      database = try await PrivateDatabase.start(options: options)
      try await database.asOperator { session in
        try session.executeText("CREATE USER pointsd@'127.0.0.1' IDENTIFIED BY 'test'")
        try session.executeText("GRANT ALL ON `network\\_project`.* TO pointsd@'127.0.0.1'")
      }
    }

    func settings(_ tls: ConnectionSettings.TLS, host: String = "localhost") -> ConnectionSettings {
      var settings = database.settings
      settings.endpoint = .tcp(host: host, port: port)
      settings.tls = tls
      return settings
    }

    /// The cipher of a connection, empty for none; or what went wrong.
    func outcome(
      _ tls: ConnectionSettings.TLS, host: String = "localhost"
    ) async throws -> Result<String, DatabaseError> {
      do {
        let connection = try await Connection.open(settings(tls, host: host))
        let cipher = try await connection.run { session in
          try session.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'") { try $0.text(1) }
        }
        await connection.close()
        return .success(cipher.joined())
      } catch let error as DatabaseError {
        return .failure(error)
      }
    }
  }

  private func expectRefusal(
    _ outcome: Result<String, DatabaseError>, _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    switch outcome {
    case .success(let cipher):
      Issue.record("connected with \(cipher)", sourceLocation: sourceLocation)
    case .failure(let error):
      #expect(error.code == 2026, sourceLocation: sourceLocation)
      #expect(words.contains { error.description.contains($0) }, sourceLocation: sourceLocation)
      #expect(error.kind == .notDone, sourceLocation: sourceLocation)
      #expect(
        error.description.contains("false connects without TLS"), sourceLocation: sourceLocation)
    }
  }

  @Test func theRightCertificateAndNoOther() async throws {
    let (ours, others) = (try await Certificates(), try await Certificates())
    let server = try await Server(certificate: ours.make("DNS:localhost,IP:127.0.0.1"))
    #expect(try await server.outcome(.authority(ours.authority)).get().hasPrefix("TLS_"))
    #expect(
      try await server.outcome(.authority(ours.authority), host: "127.0.0.1").get() != "")
    #expect(try await server.outcome(.off).get() == "")
    expectRefusal(
      try await server.outcome(.authority(others.authority)), "certificate")
    // The machine's own authorities do not know ours.
    expectRefusal(try await server.outcome(.system), "certificate")
    try await server.database.stop()
  }

  @Test func aCertificateOfAnotherName() async throws {
    let certificates = try await Certificates()
    let server = try await Server(certificate: certificates.make("DNS:db.example"))
    // MariaDB 11 compares no name for 127.0.0.1 and ::1.
    for host in ["localhost", "127.0.0.2"] {
      expectRefusal(
        try await server.outcome(.authority(certificates.authority), host: host),
        "Validation of SSL server", "Hostname verification failed")
    }
    try await server.database.stop()
  }

  @Test func aServerWithoutTLS() async throws {
    let certificates = try await Certificates()
    let server = try await Server(certificate: nil)
    expectRefusal(
      try await server.outcome(.authority(certificates.authority)), "does not support it")
    #expect(try await server.outcome(.off).get() == "")
    try await server.database.stop()
  }

  /// libmariadb has another number for a connection with TLS that is lost: the outcome of what was
  /// asked is as unknown as without.
  @Test func aConnectionThatIsLostMidway() async throws {
    let certificates = try await Certificates()
    let server = try await Server(certificate: certificates.make("DNS:localhost"))
    let connection = try await Connection.open(
      server.settings(.authority(certificates.authority)))
    async let lost = #expect(throws: DatabaseError.self) {
      try await connection.run { _ = try $0.execute("SELECT SLEEP(30)") }
    }
    try await server.database.waitForStatement("SLEEP")
    try await server.database.kill()
    let error = try #require(await lost)
    #expect(error.kind == .unknown, "\(error)")
    #expect(connection.isBroken)
  }

  @Test func theAuthoritysFileIsGone() async throws {
    let certificates = try await Certificates()
    let server = try await Server(certificate: certificates.make("DNS:localhost"))
    let path = certificates.authority + ".none"
    guard case .failure(let error) = try await server.outcome(.authority(path)) else {
      Issue.record("connected without an authority")
      return
    }
    #expect(
      error.description == "cannot read the authority's file \(path): No such file or directory")
    #expect(error.kind == .notDone)
    try await server.database.stop()
  }
}
