import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Points

extension Interface {
  /// Logging in where changes need the token, for browsers, which cannot send it by themselves.
  var loginRoutes: [Route] {
    [
      Route(
        .get, "/login",
        .init(summary: "The page to log in or out", answer: .content("text/html"))
      ) { request, _ in
        guard login.isPossible else {
          return loginPage("No token is configured (http.tokenFile), so there is nobody to log in.")
        }
        let isIn = login.session(of: request, nowSeconds: time.now().secondsSinceEpoch) != nil
        return isIn ? loginPage("You are logged in.", logsOut: true) : loginPage(form: true)
      },
      Route(
        .post, "/login",
        .init(
          summary: "Log in: the token as a form field; sets a cookie that allows changes",
          answer: .content("text/html"), failures: [303, 401, 403, 429])
      ) { request, context in try await logIn(request, context) },
      Route(
        .post, "/logout",
        .init(summary: "Log out", answer: .content("text/html"), failures: [303])
      ) { request, _ in
        if let session = LoginPolicy.cookie(of: request) { login.sessions.end(session) }
        return redirectHome(cookie: LoginPolicy.expired)
      },
    ]
  }

  private func logIn(_ request: Request, _ context: DashboardContext) async throws -> Response {
    let body = try await request.body.collect(upTo: GateMiddleware.bodyLimit)
    let given = FormField.value(of: "token", in: String(buffer: body)) ?? ""
    let who = await context.peer.name()
    guard login.accepts(given) else {
      await refusals.refused("POST /login", from: context.peer, reason: "the token is wrong")
      guard try await login.brake.hold(time) else {
        throw Failure(.tooManyRequests, "Too many failed logins; try again in a second")
      }
      return loginPage(
        login.isPossible ? "The token is wrong." : "No token is configured (http.tokenFile).",
        form: login.isPossible, status: .unauthorized)
    }
    logger.notice("\(who) logged in", metadata: ["event": "login"])
    let session = login.sessions.begin(nowSeconds: time.now().secondsSinceEpoch)
    return redirectHome(cookie: LoginPolicy.cookie(session))
  }

  private func redirectHome(cookie: String) -> Response {
    Response(
      status: .seeOther,
      headers: [.location: "/", .setCookie: cookie, .cacheControl: "no-store"])
  }

  private func loginPage(
    _ message: String? = nil, form: Bool = false, logsOut: Bool = false,
    status: HTTPResponse.Status = .ok
  ) -> Response {
    var html = PageFile.login
    let parts = [
      ("<!--message-->", message.map { "<p role=\"status\">\(HTML.escape($0))</p>" } ?? ""),
      ("<!--form-->", form ? LoginForm.logIn : logsOut ? LoginForm.logOut : ""),
    ]
    for (marker, part) in parts {
      if let place = html.firstRange(of: marker) { html.replaceSubrange(place, with: part) }
    }
    return Response(
      status: status,
      headers: [.contentType: "text/html; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
  }
}

private enum LoginForm {
  static let logIn = """
    <form method="post" action="/login">
      <label for="token">The token from the daemon's <code>http.tokenFile</code></label>
      <input type="password" id="token" name="token" class="form-control" required autofocus
        autocomplete="current-password">
      <button class="btn btn-plain">Log in</button>
    </form>
    """
  static let logOut = """
    <form method="post" action="/logout"><button class="btn btn-plain">Log out</button></form>
    """
}
