import Foundation
import Glibc
import TestSupport
import Testing

/// What a web server in front changes: nothing, for rights. With Debian's nginx and the very snippet
/// of docs/proxy.md; skipped where there is no nginx.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: Nginx.isThere, "nginx is not installed"))
struct ProxyTests {
  private static let token = "0123456789abcdef0123456789abcdef"

  private func daemon() throws -> Daemon {
    let daemon = try Daemon(.init(users: ["Afif"]))
    let file = URL(fileURLWithPath: daemon.configurationFile)
    var configuration =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    var http = configuration["http"] as? [String: Any] ?? [:]
    http["hosts"] = ["points.example"]
    http["tokenFile"] = "token"
    configuration["http"] = http
    try JSONSerialization.data(withJSONObject: configuration).write(to: file)
    try TemporaryFolder.write(Self.token + "\n", to: daemon.directory + "/token")
    chmod(daemon.directory + "/token", 0o600)
    return daemon
  }

  /// The plainest configuration: everything looks like loopback to the daemon.
  @Test func aBareProxyGivesNobodyRights() async throws {
    let daemon = try daemon()
    try await daemon.start()
    let nginx = try await Nginx(
      server: { port in
        "server { listen 127.0.0.1:\(port); location / { proxy_pass http://127.0.0.1:\(daemon.httpPort); } }"
      }, readyAt: { "http://127.0.0.1:\($0)/healthz" })
    let url = "http://127.0.0.1:\(nginx.port)"
    #expect(try nginx.curl("\(url)/api/users").status == 200)
    for path in [
      "/api/users/afif/reset", "/api/servers/server1/stop", "/api/groups/all/reset", "/api/reload",
      "/api/restore", "/api/restore/", "//api/restore", "/api//restore", "/api/login",
    ] {
      let answer = try nginx.curl(
        "\(url)\(path)", ["--request", "POST", "--data", "{}", "--path-as-is"])
      #expect([401, 403].contains(answer.status), "\(path): \(answer.status)")
    }
    for path in ["/api/backup", "/api/logs", "/api/plan", "/api/verify"] {
      #expect(try nginx.curl("\(url)\(path)").status == 401, "\(path)")
    }
    // A browser at that address sends an Origin that is not the Host which nginx makes up.
    let answer = try nginx.curl(
      "\(url)/api/users/afif/pause", ["--request", "POST", "--header", "Origin: \(url)"])
    #expect(answer.status == 403)
    nginx.stop()
    try await daemon.stop()
  }

  @Test func theSnippetOfTheDocumentWorks() async throws {
    let daemon = try daemon()
    try await daemon.start()
    let nginx = try await Nginx(
      server: { port in try Self.snippet(port: port, daemon: daemon) },
      readyAt: { "https://points.example:\($0)/healthz" })
    let url = "https://points.example:\(nginx.port)"
    let post = ["--request", "POST", "--header", "Origin: \(url)"]
    #expect(try nginx.curl("\(url)/api/users").status == 200)
    #expect(try nginx.curl("\(url)/api/users/afif/pause", post).status == 401)
    // The token goes through as it is.
    let bearer = ["--header", "Authorization: Bearer \(Self.token)"]
    #expect(try nginx.curl("\(url)/api/users/afif/pause", post + bearer).status == 200)
    // A link is opened at the public name; its cookie is for TLS.
    let link = try daemon.control("/api/login", method: "POST").json["data"] as? [String: Any]
    let path = try #require(link?["path"] as? String)
    let letIn = try nginx.curl("\(url)\(path)", post + ["--include"])
    #expect(letIn.status == 303)
    let cookie = try #require(letIn.body.components(separatedBy: "Set-Cookie: ").dropFirst().first)
    #expect(cookie.contains("; Secure"))
    let value = String(cookie.prefix { $0 != ";" })
    let resumed = try nginx.curl(
      "\(url)/api/users/afif/resume", post + ["--header", "Cookie: \(value)"])
    #expect(resumed.status == 200 && resumed.body.contains("active"))
    // Events come through, as they happen.
    let events = try nginx.curl("\(url)/api/events", ["--max-time", "3"])
    #expect(events.body.contains("event: snapshot"))
    nginx.stop()
    try await daemon.stop()
  }

  /// The document's nginx block with this test's ports and a certificate of its own.
  private static func snippet(port: Int, daemon: Daemon) throws -> String {
    let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/proxy.md")
    let text = try String(contentsOf: document, encoding: .utf8)
    let block = try #require(
      text.components(separatedBy: "```nginx\n").dropFirst().first?.components(separatedBy: "```")
        .first)
    let certificate = daemon.directory + "/certificate.pem"
    let key = daemon.directory + "/certificate.key"
    let made = try run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2", "-subj", "/CN=points.example", "-keyout", key, "-out", certificate,
      ])
    #expect(made.status == 0, "\(made.errors)")
    return block.replacingOccurrences(of: "listen 443 ssl", with: "listen 127.0.0.1:\(port) ssl")
      .replacingOccurrences(of: "/etc/ssl/certs/points.example.pem", with: certificate)
      .replacingOccurrences(of: "/etc/ssl/private/points.example.key", with: key)
      .replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(daemon.httpPort)")
  }
}
