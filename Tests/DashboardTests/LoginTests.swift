import HTTPTypes
import Hummingbird
import Points
import Testing

@testable import Dashboard

@Suite struct LoginTests {
  private let fixture = RouterFixture()

  private func logIn(_ token: String, headers: HTTPFields = [:]) async throws
    -> RouterFixture.Answer
  {
    try await fixture.send(.post, "/login", "token=\(token)", headers: headers, token: nil)
  }

  /// The cookie that a login gives, as a browser sends it back.
  private func cookie() async throws -> String {
    let answer = try await logIn("secret")
    return String((answer.headers[.setCookie] ?? "").prefix { $0 != ";" })
  }

  @Test func theTokenGivesACookieThatIsNotTheToken() async throws {
    let answer = try await logIn("secret")
    #expect(answer.status == 303)
    #expect(answer.headers[.location] == "/")
    let cookie = answer.headers[.setCookie] ?? ""
    #expect(cookie.hasPrefix("pointsd-session="))
    #expect(cookie.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"))
    #expect(!cookie.contains("secret") && cookie.utf8.count > 100)
  }

  @Test(arguments: ["wrong", "", "Secret", "secret1", "%zz"])
  func anythingElseDoesNot(token: String) async throws {
    let answer = try await logIn(token)
    #expect(answer.status == 401)
    #expect(answer.headers[.setCookie] == nil)
    #expect(answer.body.contains("The token is wrong."))
  }

  @Test func aLoginAllowsChangesOfItsOwnPage() async throws {
    let cookie = try await cookie()
    let sameOrigin: HTTPFields = [.cookie: cookie, .origin: "http://localhost"]
    let answer = try await fixture.send(
      .post, "/api/users/Afif/pause", headers: sameOrigin, token: nil)
    #expect(answer.status == 200)
    // Without a word of where it comes from it is not enough, and from elsewhere it is refused.
    let bare = try await fixture.send(
      .post, "/api/users/Afif/pause", headers: [.cookie: cookie], token: nil)
    #expect(bare.status == 401)
    let foreign = try await fixture.send(
      .post, "/api/users/Afif/pause",
      headers: [.cookie: cookie, .origin: "http://elsewhere"], token: nil)
    #expect(foreign.status == 403)
  }

  @Test func logOutEndsIt() async throws {
    let fields: HTTPFields = [.cookie: try await cookie(), .origin: "http://localhost"]
    let page = try await fixture.send(.get, "/login", headers: fields, token: nil)
    #expect(page.body.contains("You are logged in."))
    let answer = try await fixture.send(.post, "/logout", headers: fields, token: nil)
    #expect(answer.status == 303)
    #expect(answer.headers[.setCookie]?.contains("Max-Age=0") == true)
    let change = try await fixture.send(
      .post, "/api/users/Afif/pause", headers: fields, token: nil)
    #expect(change.status == 401)
  }

  @Test func anotherOriginCannotLogIn() async throws {
    #expect(try await logIn("secret", headers: [.origin: "http://elsewhere"]).status == 403)
    #expect(try await logIn("secret", headers: [.origin: "null"]).status == 403)
  }

  @Test func sessionsEndAndAreBounded() {
    let sessions = Sessions()
    let first = sessions.begin(nowSeconds: 0)
    #expect(sessions.isValid(first, nowSeconds: Sessions.lifetime - 1))
    #expect(!sessions.isValid(first, nowSeconds: Sessions.lifetime))
    #expect(!sessions.isValid("", nowSeconds: 0))
    for _ in 0..<Sessions.limit { _ = sessions.begin(nowSeconds: 0) }
    #expect(!sessions.isValid(first, nowSeconds: 0))
  }

  @Test func fieldsOfForms() {
    #expect(FormField.value(of: "token", in: "a=b&token=x%2By+z") == "x+y z")
    #expect(FormField.value(of: "token", in: "tokens=x") == nil)
    #expect(FormField.value(of: "token", in: "token=%f") == nil)
  }
}
