import HTTPTypes
import Hummingbird
import Logging
import Points

extension API {
  /// Letting browsers in and out.
  var loginRoutes: [Route] { linkRoutes + browserRoutes + [sessionRoute] }

  /// What `pointsctl login` asks for.
  private var linkRoutes: [Route] {
    [
      Route(
        .post, "/api/login",
        .init(
          summary: "A link that lets one browser in, good once and for ten minutes",
          answer: .data(JSONSchema.reference("LoginLink")), failures: [503]),
        right: .controlSocket
      ) { _, context in
        guard let account = await context.peer.account() else {
          throw APIError(.serviceUnavailable, "The kernel does not say who asks; try again")
        }
        guard let link = access.makeLink(for: account) else {
          throw APIError(.serviceUnavailable, noLink)
        }
        logger.notice("\(account) asked for a login link", metadata: ["event": "login"])
        return .success([
          "url": .string(link.url), "path": .string(link.path),
          "account": .string("\(account)"), "seconds": .number(LoginLinks.lifetimeSeconds),
        ])
      },
      Route(
        .post, "/api/login/revoke",
        .init(
          summary: "End every link and every browser's session",
          answer: .data(JSONSchema.reference("Health")), failures: [503]),
        right: .controlSocket
      ) { _, context in
        let requester = await context.requester()
        access.links.revokeAll()
        do {
          try access.sessions.revokeAll()
        } catch {
          throw APIError(.serviceUnavailable, "All are ended until pointsd restarts, but: \(error)")
        }
        logger.notice("\(requester) ended all browser sessions", metadata: ["event": "login"])
        return .success(["status": "revoked"])
      },
    ]
  }

  private var noLink: String {
    access.site.whyNobodyListens.map { "There is no page to open: \($0)trying again" }
      ?? "HTTP does not listen on its port yet; try again"
  }

  private var browserRoutes: [Route] {
    [
      Route(
        .get, "/login",
        .init(summary: "The page that says how to be let in", answer: .content("text/html")),
        right: .read
      ) { request, _ in
        if let session = access.session(of: request) {
          return AccessPage.response(
            "This browser was let in by \(session.account).", form: .logOut)
        }
        return access.isOpen
          ? AccessPage.response("Everybody who reaches this page may change things (http.open).")
          : AccessPage.response(nil, explains: true)
      },
      Route(
        .get, "/login/{code}",
        .init(
          summary: "The page of a login link; reading it does not spend the code",
          answer: .content("text/html")), right: .read
      ) { _, _ in AccessPage.response("This link lets one browser in, once.", form: .letIn) },
      Route(
        .post, "/login/{code}",
        .init(
          summary: "Take a login code: sets the cookie of a session",
          answer: .content("text/html"), failures: [303, 401, 403, 429]), right: .session
      ) { request, context in try await letIn(request, context) },
      Route(
        .post, "/logout",
        .init(
          summary: "End the session of the browser that asks", answer: .content("text/html"),
          failures: [303, 503]), right: .session
      ) { request, _ in
        if let session = access.session(of: request) {
          do {
            try access.sessions.end(session, nowSeconds: access.nowSeconds)
          } catch {
            logger.error(
              "a log-out holds until pointsd restarts only: \(error)", metadata: ["event": "login"])
          }
          logger.notice("\(session.account) logged out", metadata: ["event": "login"])
        }
        return redirectHome(cookie: SessionCookie.expired(isSecure: request.cameOverTLS))
      },
    ]
  }

  /// What the page asks to know whether to offer changes.
  private var sessionRoute: Route {
    Route(
      .get, "/api/session",
      .init(
        summary: "Whether the asking browser or client may change things, and as whom",
        answer: .data(JSONSchema.reference("Session"))), right: .read
    ) { _, context in
      let requester = context.caller.mayChange ? await context.requester() : nil
      return .success([
        "may_change": .bool(context.caller.mayChange), "requester": .text(requester),
        "open": .bool(access.isOpen),
      ])
    }
  }

  private func letIn(_ request: Request, _ context: DashboardContext) async throws -> Response {
    let code = try parameter("code", context)
    var peer: Host?
    if case .tcp(let host, _) = context.peer.transport { peer = host }
    let attempt = try await access.attempt(by: peer) {
      access.links.take(code, nowNanoseconds: time.monotonicNanoseconds())
    }
    switch attempt {
    case .success(let account):
      guard let value = access.sessions.begin(for: account, nowSeconds: access.nowSeconds) else {
        throw APIError(.serviceUnavailable, "Sessions cannot be signed on this machine")
      }
      logger.notice(
        "a browser at \(context.peer.address) was let in by \(account)",
        metadata: ["event": "login"])
      return redirectHome(cookie: SessionCookie.set(value, isSecure: request.cameOverTLS))
    case .wrong:
      throw access.refused(
        .init(
          status: .unauthorized,
          reason: "This link is not good, or not any more: it works once, for 10 minutes"),
        request, context)
    case .tooMany: throw AccessControl.tooMany
    }
  }

  private func redirectHome(cookie: String) -> Response {
    Response(
      status: .seeOther,
      headers: [.location: "/", .setCookie: cookie, .cacheControl: "no-store"])
  }
}

extension AccessControl {
  /// A new login link; nil before HTTP listens.
  func makeLink(for account: Account) -> (url: String, path: String)? {
    guard site.whyNobodyListens == nil, site.url("") != nil else { return nil }
    let code = links.make(for: account, nowNanoseconds: time.monotonicNanoseconds())
    let path = "/login/\(code)"
    return site.url(path).map { ($0, path) }
  }
}
