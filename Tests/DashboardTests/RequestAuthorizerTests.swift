import HTTPTypes
import Testing

@testable import Dashboard

@Suite struct RequestAuthorizerTests {
  /// One row of the rule.
  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var address = "127.0.0.1"
    var peer: String? = "127.0.0.1"
    var local: String? = "127.0.0.1"
    var controlSocket = false
    var hosts = ["127.0.0.1:8080"]
    var origin: String?
    var fetchSite: String?
    var opensDocument = false
    var isPage = false
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
    case forbidden
  }

  private func decide(_ row: Row) -> RequestAuthorizer.Refusal? {
    let settings = DashboardSettings(
      address: row.address, hosts: ["points.example"], controlSocket: "/run/pointsd/control.sock")
    let transport: Peer.Transport =
      row.controlSocket
      ? .controlSocket : .tcp(peer: row.peer.map(Host.init), local: row.local.map(Host.init))
    return RequestAuthorizer(settings).refusalOfSource(
      RequestAuthorizer.Facts(
        transport: transport, hosts: row.hosts, origin: row.origin, fetchSite: row.fetchSite,
        opensDocument: row.opensDocument), isPage: row.isPage)
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
    Row("a page of another site that fetches", .forbidden) {
      $0.fetchSite = "cross-site"
      $0.isPage = true
    },
    Row("a link of another site to a page", .allowed) {
      $0.fetchSite = "cross-site"
      $0.opensDocument = true
      $0.isPage = true
    },
    Row("a link of another site to what is no page", .forbidden) {
      $0.fetchSite = "cross-site"
      $0.opensDocument = true
    },
    Row("our own page", .allowed) { $0.fetchSite = "same-origin" },
    Row("the address bar", .allowed) { $0.fetchSite = "none" },
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
  func sources(row: Row) {
    #expect(kind(decide(row)) == row.verdict)
  }

  /// Who may do what, by the right that a route declares.
  @Test(arguments: [Caller.controlSocket, .browser(.alice), .token, .open, .reader])
  func rights(caller: Caller) {
    for token in [nil, TokenSource(fixed: RouterFixture.token)] {
      let authorizer = RequestAuthorizer(
        DashboardSettings(token: token, controlSocket: "/nowhere/socket"))
      func status(_ right: Right) -> Int? {
        authorizer.refusal(of: caller, right: right)?.status.code
      }
      #expect(status(.read) == nil)
      #expect(status(.session) == nil)
      #expect(status(.controlSocket) == (caller == .controlSocket ? nil : 403))
      let missing = token == nil ? 403 : 401
      #expect(status(.change) == (caller == .reader ? missing : nil))
      #expect(status(.guardedRead) == (caller == .reader ? missing : nil))
    }
  }

  @Test func aSessionCountsForOurOwnPage() {
    let authorizer = RequestAuthorizer(DashboardSettings(controlSocket: "/nowhere/socket"))
    func counts(_ right: Right, origin: String? = nil, site: String? = nil) -> Bool {
      authorizer.sessionCounts(
        .init(
          transport: .tcp(peer: nil, local: nil), hosts: [], origin: origin, fetchSite: site),
        for: right)
    }
    #expect(!counts(.change))
    #expect(!counts(.change, site: "same-site"))
    #expect(!counts(.change, site: "none"))
    #expect(counts(.change, site: "same-origin"))
    // An Origin that is not the Host's was refused before.
    #expect(counts(.change, origin: "http://127.0.0.1:8080"))
    // Browsers say nothing with a GET to an address without TLS.
    #expect(counts(.guardedRead))
    #expect(!counts(.guardedRead, site: "same-site"))
  }

  @Test func refusalsAreFitForALog() {
    let refusal = decide(Row("", .forbidden) { $0.hosts = ["a\u{1b}[2Jé"] })
    #expect(refusal?.reason.contains("'a?[2J?'") == true)
  }

  private func kind(_ refusal: RequestAuthorizer.Refusal?) -> Kind? {
    switch refusal?.status.code {
    case nil: .allowed
    case 400: .malformed
    case 403: .forbidden
    default: nil
    }
  }
}

extension Account {
  static let alice = Account(identifier: 1000, name: "alice")
}
