import HTTPTypes
import Hummingbird
import Logging
import Points

/// Lets requests in to routes: the one place where the right of a route is enforced. It knows the
/// route that the router matched, so that no spelling of a path goes around it.
struct AccessControl: Sendable {
  let authorizer: RequestAuthorizer
  /// nil when no token is configured.
  let token: BearerToken?
  let isOpen: Bool
  let sessions: Sessions
  let links = LoginLinks()
  let limiter = LoginRateLimiter()
  let site: Site
  let time: DashboardTime
  let refusals: RefusalLog

  init(_ settings: DashboardSettings, site: Site, time: DashboardTime, logger: Logger) {
    self.authorizer = RequestAuthorizer(settings)
    self.token = settings.token.map { BearerToken($0, logger: logger) }
    self.isOpen = settings.open
    self.sessions = Sessions(file: SessionKeyFile(path: settings.controlSocket + ".key"))
    self.site = site
    self.time = time
    self.refusals = RefusalLog(time: time, logger: logger)
  }

  /// Answers a request that the router gave to `route` by `handler`, or throws its refusal.
  func respond(
    to request: Request, _ context: DashboardContext, as route: Route, by handler: Route.Handler
  ) async throws -> Response {
    let facts = RequestAuthorizer.Facts(request, context.peer)
    try refuse(
      authorizer.refusalOfSource(facts, isPage: route.isPage), request, context)
    let session = session(of: request)
    let caller = try await caller(request, context, facts, session, route)
    try refuse(authorizer.refusal(of: caller, right: route.right), request, context)
    var request = request
    if !route.takesLargeBody { try await RequestBody.read(of: &request) }
    var context = context
    context.caller = caller
    var response: Response
    do {
      response = try await handler(request, context)
    } catch {
      throw caller.mayChange ? error : APIError.withoutDetails(error)
    }
    if response.headers[.setCookie] == nil, let session,
      let value = sessions.renewed(session, nowSeconds: nowSeconds)
    {
      response.headers[.setCookie] = SessionCookie.set(value, isSecure: request.cameOverTLS)
    }
    return response
  }

  /// The session that holds for a request, whatever the request may do with it.
  func session(of request: Request) -> Sessions.Session? {
    SessionCookie.values(of: request).lazy
      .compactMap { sessions.session($0, nowSeconds: nowSeconds) }.first { _ in true }
  }

  var nowSeconds: Int64 { time.now().secondsSinceEpoch }

  private func caller(
    _ request: Request, _ context: DashboardContext, _ facts: RequestAuthorizer.Facts,
    _ session: Sessions.Session?, _ route: Route
  ) async throws -> Caller {
    guard case .tcp(let peer, _) = facts.transport else { return .controlSocket }
    if let session, authorizer.sessionCounts(facts, for: route.right) {
      return .browser(session.account)
    }
    let stranger = isOpen ? Caller.open : .reader
    guard let token, let bearer = request.bearer else { return stranger }
    // Who reads, or changes where everybody may, is never refused for the credential beside it.
    let needsToken = authorizer.refusal(of: stranger, right: route.right) != nil
    switch try await attempt(by: peer, { token.matches(bearer) ? true : nil }) {
    case .success: return .token
    case .wrong where needsToken: throw refused(authorizer.wrongToken, request, context)
    case .tooMany where needsToken: throw Self.tooMany
    case .wrong, .tooMany: return stranger
    }
  }

  // MARK: Guesses

  enum Attempt<Value: Sendable>: Sendable {
    case success(Value)
    /// Known after the same delay, whatever was wrong.
    case wrong
    /// The credential was not looked at.
    case tooMany
  }

  /// Looks at a credential that could be guessed.
  /// - Parameter check: what it opens, nil when it is wrong.
  func attempt<Value: Sendable>(
    by peer: Host?, _ check: () -> Value?
  ) async throws -> Attempt<Value> {
    let key = LoginRateLimiter.key(peer)
    guard limiter.mayTry(key, nowNanoseconds: time.monotonicNanoseconds()) else { return .tooMany }
    if let value = check() { return .success(value) }
    limiter.noteFailure(key, nowNanoseconds: time.monotonicNanoseconds())
    try await time.sleep(LoginRateLimiter.delay)
    return .wrong
  }

  static var tooMany: APIError {
    APIError(
      .tooManyRequests, "Too many wrong tokens or codes came from this address; try again",
      headers: HTTPFields([HTTPField(name: .retryAfter, value: "1")]).closing, isRefusal: true)
  }

  // MARK: Refusals

  private func refuse(
    _ refusal: RequestAuthorizer.Refusal?, _ request: Request, _ context: DashboardContext
  ) throws {
    if let refusal { throw refused(refusal, request, context) }
  }

  /// Logs a refusal. The connection is closed behind it: the body was not read.
  func refused(
    _ refusal: RequestAuthorizer.Refusal, _ request: Request, _ context: DashboardContext
  ) -> APIError {
    refusals.refused(
      "\(request.method) \(request.loggedPath(context))", from: context.peer,
      reason: refusal.reason)
    var headers = HTTPFields().closing
    if refusal.status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    return APIError(refusal.status, refusal.reason, headers: headers, isRefusal: true)
  }
}

/// Refuses what no route may see, also where no route has the path.
struct SourceMiddleware: RouterMiddleware {
  typealias Context = DashboardContext

  let access: AccessControl

  func handle(
    _ request: Request, context: DashboardContext,
    next: (Request, DashboardContext) async throws -> Response
  ) async throws -> Response {
    // Pages may be opened from anywhere; which of the routes is one is known behind this.
    let refusal = access.authorizer.refusalOfSource(
      RequestAuthorizer.Facts(request, context.peer), isPage: true)
    if let refusal { throw access.refused(refusal, request, context) }
    return try await next(request, context)
  }
}
