import HTTPTypes
import Hummingbird
import Testing

@testable import Dashboard

/// What a route declares holds for every spelling of its path.
@Suite(.timeLimit(.minutes(1))) struct RightsTests {
  /// A path, and other texts that a router or a proxy may take for it.
  private static func spellings(_ path: String) -> [String] {
    let slash = path.dropFirst().firstIndex(of: "/") ?? path.endIndex
    let (head, tail) = (path[..<slash], path[slash...])
    let last = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let letter = path[last].asciiValue ?? 0
    return [
      path, "\(path)/", "\(path)//", "/\(path)", "//\(path)", "\(head)/\(tail)", "\(head)//\(tail)",
      "\(path)?x=/healthz", "\(path)?", "\(path)#", "\(path);x", "\(path)/.", "\(path)/../healthz",
      "/.\(path)", "/healthz/..\(path)", "\(head)/.\(tail)", path.uppercased(),
      path[..<last] + "%\(String(letter, radix: 16))" + path[path.index(after: last)...],
      path[..<last] + "%2f" + path[last...], "\(path)%2f", "\(path)%00", "\(path)%20",
      "http://localhost\(path)", "http://localhost/\(path)",
    ].map { String($0) }
  }

  private static func concrete(_ route: Route) -> String {
    route.path.replacing("{name}", with: "Afif").replacing("{group}", with: "all")
      .replacing("{code}", with: String(repeating: "a", count: 64))
  }

  @Test func everyGuardedRouteIsRefusedInEverySpelling() async throws {
    let fixture = RouterFixture()
    let guarded = fixture.api.routes.filter { ![.read, .session].contains($0.right) }
    #expect(guarded.count > 20)
    try await fixture.withClient { send in
      for route in guarded {
        for path in Self.spellings(Self.concrete(route)) {
          for method in Set([route.method, .post, .get, .head]) {
            let answer = try await send(method, path, nil, [:])
            let isRefused = [400, 401, 403, 404, 405].contains(answer.status)
            // A spelling may be that of a route for everybody, such as a user's page.
            let isOther = answer.status == 200 && method != .post && route.method == .post
            #expect(isRefused || isOther, "\(method) \(path): \(answer.status)")
          }
        }
      }
    }
    #expect(fixture.control.operations == [] && fixture.control.changes == [])
    #expect(fixture.control.read { $0.restored } == 0)
  }

  /// Over TCP not even the token restores, and the body is not asked for: the answer comes before it.
  @Test(arguments: ["/api/restore", "/api/restore/", "//api/restore", "/api//restore"])
  func restoreIsRefusedOverTCPWithoutItsBody(path: String) async throws {
    try await RunningService.with(token: RouterFixture.token) { running in
      for header in ["", "Authorization: Bearer \(RouterFixture.token)\r\n"] {
        let answer = try await RawClient.exchange(
          running.tcp,
          "POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(header)Content-Length: 1000000000\r\n\r\n")
        #expect(answer.status == 403)
        #expect(answer.body.contains("control socket only"))
      }
      #expect(running.control.read { $0.restored } == 0)
    }
  }

  /// A large body is read where a route declares it, and nowhere else.
  @Test func largeBodiesAreDeclared() {
    let routes = RouterFixture().api.routes.filter(\.takesLargeBody)
    #expect(routes.map(\.path) == ["/api/restore"])
  }

  @Test func whatNeedsWhich() {
    let routes = RouterFixture().api.routes
    for route in routes where route.method != .get {
      #expect(route.right != .read && route.right != .guardedRead, "\(route.path)")
    }
    func paths(_ right: Right) -> Set<String> {
      Set(routes.filter { $0.right == right }.map(\.path))
    }
    #expect(
      paths(.guardedRead).isSuperset(of: ["/api/backup", "/api/logs", "/api/plan", "/api/verify"]))
    #expect(paths(.controlSocket) == ["/api/restore", "/api/login", "/api/login/revoke"])
    #expect(paths(.session) == ["/login/{code}", "/logout"])
  }

  /// A person gets a page, a program JSON.
  @Test func refusalsAreFitForTheirReader() async throws {
    let fixture = RouterFixture()
    for accept in ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*"] {
      let answer = try await fixture.send(
        .get, "/api/logs", headers: [.accept: accept], token: nil)
      #expect(answer.status == 401)
      #expect(answer.headers[.wwwAuthenticate] == "Bearer")
      let isPage = answer.headers[.contentType]?.hasPrefix("text/html") == true
      #expect(isPage == (accept != "*/*"))
      #expect(answer.body.contains("pointsctl login"))
    }
  }
}
