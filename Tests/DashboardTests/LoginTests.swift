import HTTPTypes
import Hummingbird
import Points
import TestSupport
import Testing

@testable import Dashboard

/// Letting browsers in by links, and what a session then may.
@Suite struct LoginTests {
  private let fixture = RouterFixture()
  private let own: HTTPFields = [.origin: "http://localhost"]

  private func path() throws -> String { try #require(fixture.access.makeLink(for: .alice)).path }

  private func open(
    _ path: String, method: HTTPRequest.Method = .post, headers: HTTPFields = [:]
  ) async throws -> RouterFixture.Answer {
    try await fixture.send(method, path, headers: headers, token: nil)
  }

  /// The headers of a browser that was let in and asks from our own page.
  private func browser() async throws -> HTTPFields {
    let answer = try await open(try path())
    var fields = own
    fields[.cookie] = String((answer.headers[.setCookie] ?? "").prefix { $0 != ";" })
    return fields
  }

  private func pause(_ headers: HTTPFields) async throws -> Int {
    try await open("/api/users/Afif/pause", headers: headers).status
  }

  @Test func aLinkGivesASessionOnce() async throws {
    let path = try path()
    #expect(path.hasPrefix("/login/") && path.utf8.count == 7 + 64)
    // Reading it, as previews do, does not spend it.
    for _ in 0..<3 {
      let page = try await open(path, method: .get)
      #expect(page.status == 200 && page.body.contains("<form method=\"post\">"))
      #expect(page.headers[.setCookie] == nil)
    }
    let answer = try await open(path, headers: own)
    #expect(answer.status == 303)
    #expect(answer.headers[.location] == "/")
    let cookie = answer.headers[.setCookie] ?? ""
    #expect(cookie.hasPrefix("pointsd-session=1000."))
    #expect(cookie.hasSuffix("; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict"))
    #expect(!path.contains(cookie.prefix(80).suffix(20)))
    let second = try await open(path)
    #expect(second.status == 401 && second.headers[.setCookie] == nil)
    #expect(!fixture.recorder.lines.contains { $0.contains(path.dropFirst(7)) })
  }

  @Test func codesEndAfterTenMinutesAndAreBounded() {
    let links = LoginLinks()
    let second: Int64 = 1_000_000_000
    let code = links.make(for: .alice, nowNanoseconds: 0)
    #expect(links.take(code, nowNanoseconds: 600 * second) == nil)
    let other = links.make(for: .alice, nowNanoseconds: 0)
    #expect(links.take(other, nowNanoseconds: 600 * second - 1) == .alice)
    let oldest = links.make(for: .alice, nowNanoseconds: 0)
    for _ in 0..<LoginLinks.limit { _ = links.make(for: .alice, nowNanoseconds: 0) }
    #expect(links.take(oldest, nowNanoseconds: 0) == nil)
    let last = links.make(for: .alice, nowNanoseconds: 0)
    links.revokeAll()
    #expect(links.take(last, nowNanoseconds: 0) == nil)
    #expect(links.take("", nowNanoseconds: 0) == nil)
  }

  @Test(arguments: ["x", "%zz", String(repeating: "0", count: 64), "..", "a.b"])
  func anythingElseIsRefused(code: String) async throws {
    _ = try path()
    let answer = try await open("/login/\(code)", headers: [.accept: "text/html"])
    #expect([400, 401, 404].contains(answer.status))
    #expect(answer.headers[.setCookie] == nil)
  }

  @Test func aSessionChangesFromItsOwnPageInTheNameOfItsAccount() async throws {
    let browser = try await browser()
    #expect(try await pause(browser) == 200)
    #expect(fixture.control.operations.map(\.requestedBy) == ["alice (uid 1000) by browser"])
    // Without a word of where it comes from it is not enough, and from elsewhere it is refused.
    let cookie = browser[.cookie] ?? ""
    #expect(try await pause([.cookie: cookie]) == 401)
    #expect(try await pause([.cookie: cookie, .origin: "http://elsewhere"]) == 403)
    #expect(try await pause([.cookie: cookie, .origin: "null"]) == 403)
    var sameSite: HTTPFields = [.cookie: cookie]
    sameSite[named: "Sec-Fetch-Site"] = "same-site"
    #expect(try await pause(sameSite) == 401)
    sameSite[named: "Sec-Fetch-Site"] = "same-origin"
    #expect(try await pause(sameSite) == 200)
    // What is guarded may be read, and restored nothing.
    #expect(try await open("/api/logs", method: .get, headers: [.cookie: cookie]).status == 200)
    #expect(try await open("/api/restore", headers: browser).status == 403)
    #expect(try await open("/api/login", headers: browser).status == 403)
  }

  @Test func changedCookiesAreNone() async throws {
    var browser = try await browser()
    let cookie = browser[.cookie] ?? ""
    for changed in [
      cookie + "0", String(cookie.dropLast()), cookie.replacing("=1000.", with: "=0."),
      "pointsd-session=", "pointsd-session=....", "pointsd-session=1000.61.x.0.00",
    ] {
      browser[.cookie] = changed
      #expect(try await pause(browser) == 401, "\(changed)")
    }
  }

  /// Another server of the same host, whatever its port, may set a cookie of this name that comes
  /// first. It hides none that holds.
  @Test(arguments: [
    "pointsd-session=planted; ", "pointsd-session=; a=b; pointsd-session=1.2.3.4.5; ",
  ])
  func aPlantedCookieHidesNone(planted: String) async throws {
    var browser = try await browser()
    browser[.cookie] = planted + (browser[.cookie] ?? "")
    #expect(try await pause(browser) == 200)
  }

  @Test func logOutEndsTheSessionEverywhere() async throws {
    let browser = try await browser()
    let page = try await open("/login", method: .get, headers: browser)
    #expect(page.body.contains("let in by alice (uid 1000)"))
    let answer = try await open("/logout", headers: browser)
    #expect(answer.status == 303)
    #expect(answer.headers[.setCookie]?.contains("Max-Age=0") == true)
    // A copy of the cookie is of no use any more.
    #expect(try await pause(browser) == 401)
  }

  @Test func thePageIsToldWhoItIs() async throws {
    let browser = try await browser()
    #expect(
      try await open("/api/session", method: .get, headers: browser).body == """
        {"success":true,"data":{"may_change":true,"requester":"alice (uid 1000) by browser",\
        "open":false}}
        """)
    #expect(
      try await open("/api/session", method: .get).body
        == #"{"success":true,"data":{"may_change":false,"requester":null,"open":false}}"#)
  }

  @Test func anotherOriginCannotLogIn() async throws {
    let path = try path()
    #expect(try await open(path, headers: [.origin: "http://elsewhere"]).status == 403)
    #expect(try await open(path, headers: [.origin: "null"]).status == 403)
    #expect(try await open(path).status == 303)
  }

  @Test func cookiesOverTLSAreSecure() async throws {
    var headers = own
    headers[named: "X-Forwarded-Proto"] = "https"
    let answer = try await open(try path(), headers: headers)
    #expect(answer.headers[.setCookie]?.hasSuffix("; SameSite=Strict; Secure") == true)
  }

  /// Of a folder with a control socket that lives longer than the daemon.
  @Test(.timeLimit(.minutes(1))) func overTheControlSocket() async throws {
    let folder = TemporaryFolder()
    let first = try await cookie(of: folder)
    try await RunningService.with(folder: folder) { running in
      #expect((try await Self.session(running, first)).contains("by browser"))
      let answer = try await RawClient.request(running.unix, "POST", "/api/login/revoke")
      #expect(answer.status == 200)
      #expect((try await Self.session(running, first)).contains("\"may_change\":false"))
    }
    let second = try await cookie(of: folder)
    try await RunningService.with(folder: folder) { running in
      // Revoked is revoked, after a restart too.
      let revoked = try await Self.session(running, first)
      let kept = try await Self.session(running, second)
      #expect(revoked.contains("\"may_change\":false") && kept.contains("\"may_change\":true"))
    }
  }

  /// Asks for a link over the control socket, and takes it over TCP.
  private func cookie(of folder: TemporaryFolder) async throws -> String {
    let (cookies, continuation) = AsyncStream.makeStream(of: String.self)
    try await RunningService.with(folder: folder) { running in
      let refused = try await RawClient.request(running.tcp, "POST", "/api/login")
      #expect(refused.status == 403)
      let link = try await RawClient.request(running.unix, "POST", "/api/login").body
      let address = "http://127.0.0.1:\(running.port)/login/"
      #expect(link.contains(#""url":"\#(address)"#) && link.contains(#""seconds":600"#))
      let code = try #require(link.split(separator: address).dropFirst().first?.prefix(64))
      let answer = try await RawClient.request(running.tcp, "POST", "/login/\(code)")
      #expect(answer.status == 303)
      let head = try #require(answer.head.split(separator: "pointsd-session=").dropFirst().first)
      continuation.yield(String(head.prefix { $0 != ";" }))
    }
    continuation.finish()
    var iterator = cookies.makeAsyncIterator()
    return try #require(await iterator.next())
  }

  private static func session(_ running: RunningService, _ cookie: String) async throws -> String {
    try await RawClient.request(
      running.tcp, "GET", "/api/session", headers: ["Cookie: a=b; pointsd-session=\(cookie)"]
    ).body
  }
}
