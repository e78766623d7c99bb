import ManagedDatabase

/// An authority of a test's own and the certificates that it signs, as files in one folder.
public struct Certificates: Sendable {
  private let folder: TestFolder

  /// The authority's certificate.
  public var authority: String { folder.path + "/authority.pem" }

  public init() async throws {
    folder = try TestFolder()
    try await openssl(
      ["-subj", "/CN=test authority", "-keyout", key("authority"), "-out", authority])
  }

  /// Makes a certificate and its key.
  /// - Parameter names: such as `DNS:localhost`, `IP:127.0.0.1`.
  /// - Returns: the paths of both.
  public func make(_ names: String) async throws -> (certificate: String, key: String) {
    let name = names.replacing(":", with: "-").replacing(",", with: "-")
    let certificate = folder.path + "/\(name).pem"
    try await openssl([
      "-subj", "/CN=test server", "-addext", "subjectAltName=\(names)",
      "-addext", "basicConstraints=critical,CA:FALSE", "-CA", authority, "-CAkey", key("authority"),
      "-keyout", key(name), "-out", certificate,
    ])
    return (certificate, key(name))
  }

  private func key(_ name: String) -> String { folder.path + "/\(name).key" }

  private func openssl(_ arguments: [String]) async throws {
    let log = folder.path + "/log"
    let child = try ChildProcess(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
        "2",
      ] + arguments, log: log)
    guard try await child.ended() == .status(0) else {
      throw TestFault("openssl failed: \(TemporaryFolder.text(log))")
    }
  }
}
