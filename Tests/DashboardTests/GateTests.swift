import Testing

@testable import Dashboard

@Suite struct GateTests {
  /// One row of the rule.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var address = "127.0.0.1"
    var token: String?
    var peer: String? = "127.0.0.1"
    var local: String? = "127.0.0.1"
    var controlSocket = false
    var changes = false
    var hosts = ["127.0.0.1:8080"]
    var origin: String?
    var proxyHeader: String?
    var bearer: String?
    let verdict: Kind

    init(_ text: String, _ verdict: Kind, _ change: (inout Row) -> Void = { _ in }) {
      self.testDescription = text
      self.verdict = verdict
      change(&self)
    }
  }

  enum Kind: Sendable {
    case allowed
    case malformed
    case unauthorized
    case forbidden
  }

  private func decide(_ row: Row) -> Gate.Verdict {
    let settings = DashboardSettings(
      address: row.address, hosts: ["points.example"], token: row.token.map { Array($0.utf8) },
      controlSocket: "/run/pointsd/control.sock")
    let transport: Peer.Transport =
      row.controlSocket
      ? .controlSocket : .tcp(peer: row.peer.map(Host.init), local: row.local.map(Host.init))
    return Gate(settings).decide(
      Gate.Request(
        transport: transport, changes: row.changes, hosts: row.hosts, origin: row.origin,
        proxyHeader: row.proxyHeader, bearer: row.bearer))
  }

  @Test(arguments: [
    Row("reading is open", .allowed),
    Row("reading from afar is open", .allowed) {
      $0.address = "0.0.0.0"
      $0.peer = "10.0.0.9"
      $0.local = "10.0.0.1"
      $0.hosts = ["10.0.0.1:8080"]
    },
    Row("localhost", .allowed) { $0.hosts = ["localhost:8080"] },
    Row("LOCALHOST with a dot behind", .allowed) { $0.hosts = ["LocalHost."] },
    Row("a name of http.hosts", .allowed) { $0.hosts = ["Points.Example"] },
    Row("another port, as through a tunnel", .allowed) { $0.hosts = ["localhost:9000"] },
    Row("the IPv6 address bound", .allowed) {
      $0.address = "::1"
      $0.peer = "::1"
      $0.local = "::1"
      $0.hosts = ["[0:0:0:0:0:0:0:1]:8080"]
    },
    Row("IPv4 in IPv6", .allowed) {
      $0.address = "::"
      $0.local = "::ffff:10.0.0.1"
      $0.hosts = ["10.0.0.1"]
    },
    Row("no Host", .malformed) { $0.hosts = [] },
    Row("an empty Host", .malformed) { $0.hosts = [""] },
    Row("two Hosts", .malformed) { $0.hosts = ["localhost", "localhost"] },
    Row("a broken port", .malformed) { $0.hosts = ["localhost:x"] },
    Row("a port beyond 65535", .malformed) { $0.hosts = ["localhost:70000"] },
    Row("IPv6 without its bracket", .malformed) { $0.hosts = ["[::1"] },
    Row("a foreign Host", .forbidden) { $0.hosts = ["evil.example"] },
    Row("a rebound name with our port", .forbidden) { $0.hosts = ["evil.example:8080"] },
    Row("a name that begins like ours", .forbidden) { $0.hosts = ["localhost.evil.example"] },
    Row("a loopback address that is not bound", .forbidden) { $0.hosts = ["127.0.0.2"] },
    Row("the wildcard address is no Host", .allowed) {
      $0.address = "0.0.0.0"
      $0.hosts = ["0.0.0.0"]
    },
    Row("the own Origin", .allowed) { $0.origin = "http://127.0.0.1:8080" },
    Row("the own Origin in capitals", .allowed) {
      $0.hosts = ["localhost:8080"]
      $0.origin = "HTTP://LOCALHOST:8080"
    },
    Row("default port in one place only", .allowed) {
      $0.hosts = ["points.example"]
      $0.origin = "http://points.example:80"
    },
    Row("TLS before us", .allowed) {
      $0.hosts = ["points.example"]
      $0.origin = "https://points.example"
    },
    Row("null", .forbidden) { $0.origin = "null" },
    Row("an empty Origin", .forbidden) { $0.origin = "" },
    Row("a foreign Origin, though only reading", .forbidden) { $0.origin = "http://evil.example" },
    Row("the same host on another port", .forbidden) { $0.origin = "http://127.0.0.1:3000" },
    Row("another name of the same host", .forbidden) { $0.origin = "http://localhost:8080" },
    Row("another scheme", .forbidden) { $0.origin = "ftp://127.0.0.1:8080" },
    Row("an Origin with a user in it", .forbidden) { $0.origin = "http://127.0.0.1:8080@evil" },
    Row("two Origins", .forbidden) {
      $0.origin = "http://127.0.0.1:8080, http://127.0.0.1:8080"
    },
  ])
  func reading(row: Row) {
    #expect(kind(decide(row)) == row.verdict)
  }

  @Test(arguments: [
    Row("from loopback on loopback", .allowed),
    Row("from another loopback address", .allowed) { $0.peer = "127.9.9.9" },
    Row("IPv6 loopback", .allowed) {
      $0.address = "::1"
      $0.peer = "::1"
      $0.hosts = ["[::1]"]
    },
    Row("bound to localhost", .allowed) { $0.address = "localhost" },
    Row("with the own Origin", .allowed) { $0.origin = "http://127.0.0.1:8080" },
    Row("from elsewhere", .forbidden) { $0.peer = "10.0.0.9" },
    Row("from nowhere", .forbidden) { $0.peer = nil },
    Row("bound to all addresses", .forbidden) { $0.address = "0.0.0.0" },
    Row("bound to all IPv6 addresses", .forbidden) { $0.address = "::" },
    Row("bound to a name that only looks like loopback", .forbidden) {
      $0.address = "127.0.0.1.example"
    },
    Row("through a proxy", .forbidden) { $0.proxyHeader = "X-Forwarded-For" },
    Row("a foreign Origin", .forbidden) { $0.origin = "http://evil.example" },
    Row("null as Origin", .forbidden) { $0.origin = "null" },
    Row("a foreign Host", .forbidden) { $0.hosts = ["evil.example"] },
    Row("a token nobody asked for, from loopback", .allowed) { $0.bearer = "x" },
    Row("a token nobody asked for, from elsewhere", .forbidden) {
      $0.peer = "10.0.0.9"
      $0.bearer = "x"
    },
    Row("an empty token is none", .forbidden) {
      $0.token = ""
      $0.bearer = ""
      $0.peer = "10.0.0.9"
    },
    Row("the token from elsewhere", .allowed) {
      $0.token = "secret"
      $0.bearer = "secret"
      $0.peer = "10.0.0.9"
      $0.address = "0.0.0.0"
      $0.proxyHeader = "Via"
    },
    Row("the token does not open for a foreign Origin", .forbidden) {
      $0.token = "secret"
      $0.bearer = "secret"
      $0.origin = "http://evil.example"
    },
    Row("a token is configured, none is given, from elsewhere", .unauthorized) {
      $0.token = "secret"
      $0.peer = "10.0.0.9"
    },
    Row("a token is configured, none is given, through a proxy", .unauthorized) {
      $0.token = "secret"
      $0.proxyHeader = "Forwarded"
    },
    Row("a token is configured, none is given, from loopback", .allowed) { $0.token = "secret" },
    Row("a wrong token, from loopback", .unauthorized) {
      $0.token = "secret"
      $0.bearer = "Secret"
    },
    Row("a part of the token", .unauthorized) {
      $0.token = "secret"
      $0.bearer = "secre"
    },
    Row("the token twice", .unauthorized) {
      $0.token = "secret"
      $0.bearer = "secretsecret"
    },
    Row("the control socket, without a Host", .allowed) {
      $0.controlSocket = true
      $0.hosts = [""]
    },
    Row("the control socket, localhost", .allowed) {
      $0.controlSocket = true
      $0.hosts = ["localhost"]
    },
    Row("the control socket, a foreign Host", .forbidden) {
      $0.controlSocket = true
      $0.hosts = ["evil.example"]
    },
    Row("the control socket, a foreign Origin", .forbidden) {
      $0.controlSocket = true
      $0.hosts = ["localhost"]
      $0.origin = "null"
    },
  ])
  func changing(row: Row) {
    var row = row
    row.changes = true
    #expect(kind(decide(row)) == row.verdict)
  }

  @Test func refusalsAreFitForALog() {
    guard case .forbidden(let reason) = decide(Row("", .forbidden) { $0.hosts = ["a\u{1b}[2Jé"] })
    else {
      Issue.record("not refused")
      return
    }
    #expect(reason.contains("'a?[2J?'"))
  }

  private func kind(_ verdict: Gate.Verdict) -> Kind {
    switch verdict {
    case .allowed: .allowed
    case .malformed: .malformed
    case .unauthorized: .unauthorized
    case .forbidden: .forbidden
    }
  }
}
