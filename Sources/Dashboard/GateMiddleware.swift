import HTTPTypes
import Hummingbird
import NIOCore
import Points

/// Applies the `Gate`, and holds every body under its limit, before any handler sees a request.
struct GateMiddleware: RouterMiddleware {
  typealias Context = DashboardContext

  let gate: Gate
  let login: LoginPolicy
  let time: DashboardTime
  let refusals: RefusalLog

  /// The longest body that is read, in bytes.
  static let bodyLimit = 64 * 1024

  func handle(
    _ request: Request, context: DashboardContext,
    next: (Request, DashboardContext) async throws -> Response
  ) async throws -> Response {
    try await admit(request, context, asChange: false)
    // The one body that may be large has to come over the control socket.
    if request.uri.path == Self.restorePath {
      guard context.peer.transport == .controlSocket else {
        throw await refuse(
          .forbidden, "Restore works over the control socket only", request, context)
      }
      return try await next(request, context)
    }
    var request = request
    try await Self.readBody(of: &request)
    return try await next(request, context)
  }

  private static let restorePath = "/api/restore"

  /// Throws the refusal of a request that the gate does not let in.
  /// - Parameter asChange: whether it needs the rights of a change in any case.
  func admit(
    _ request: Request, _ context: DashboardContext, asChange: Bool
  ) async throws {
    var facts = request.facts(context.peer)
    facts.isLoggedIn = login.session(of: request, nowSeconds: time.now().secondsSinceEpoch) != nil
    if asChange { facts.changes = true }
    switch gate.decide(facts) {
    case .allowed: break
    case .malformed(let reason): throw await refuse(.badRequest, reason, request, context)
    case .forbidden(let reason): throw await refuse(.forbidden, reason, request, context)
    case .unauthorized(let reason):
      throw await refuse(
        .unauthorized, reason, request, context, headers: [.wwwAuthenticate: "Bearer"])
    }
  }

  private func refuse(
    _ status: HTTPResponse.Status, _ reason: String, _ request: Request,
    _ context: DashboardContext, headers: HTTPFields = HTTPFields()
  ) async -> Failure {
    await refusals.refused(
      "\(request.method) \(request.loggedPath)", from: context.peer, reason: reason)
    return Failure(status, reason, headers: headers.closing)
  }

  /// Reads the whole body, so that no handler can forget its limit.
  private static func readBody(of request: inout Request) async throws {
    let tooLarge = Failure(
      .contentTooLarge, "The body is larger than \(bodyLimit) bytes", headers: HTTPFields().closing)
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bodyLimit {
      throw tooLarge
    }
    do {
      _ = try await request.collectBody(upTo: bodyLimit)
    } catch let error as HTTPError where error.status == .contentTooLarge {
      throw tooLarge
    } catch is NIOTooManyBytesError {
      throw tooLarge
    }
  }
}

extension HTTPFields {
  /// The value of a header that HTTPTypes has no constant for.
  subscript(named name: String) -> String? {
    get { HTTPField.Name(name).flatMap { self[$0] } }
    set { if let name = HTTPField.Name(name) { self[name] = newValue } }
  }

  /// With `Connection: close`, for answers to requests that were not read to their end.
  var closing: HTTPFields {
    var fields = self
    fields[.connection] = "close"
    return fields
  }
}

extension Request {
  /// Headers that only a proxy sets.
  private static let proxyHeaders = [
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP", "X-Client-IP", "X-Original-Host",
    "CF-Connecting-IP", "True-Client-IP", "Fly-Client-IP", "X-Cluster-Client-IP",
  ]

  /// Methods that change nothing, by RFC 9110.
  private var isSafe: Bool {
    method == .get || method == .head || method == .options || method == .trace
  }

  /// Logging in or out changes nothing of anybody's points; Host and Origin are checked all the same.
  private var isLogin: Bool {
    method == .post && (uri.path == "/login" || uri.path == "/logout")
  }

  /// What the gate has to know.
  func facts(_ peer: Peer) -> Gate.Request {
    let proxyHeader = headers.first { field in
      let name = field.name.rawName.lowercased()
      return name.hasPrefix("x-forwarded-")
        || Self.proxyHeaders.contains { $0.lowercased() == name }
    }
    let authorization = headers[.authorization] ?? ""
    let isBearer = authorization.lowercased().hasPrefix("bearer ")
    // A second Host header is the only one that is left among the fields.
    let hosts =
      (head.authority.map { [$0] } ?? [])
      + headers.filter { $0.name.rawName.lowercased() == "host" }.map(\.value)
    return Gate.Request(
      transport: peer.transport, changes: !isSafe && !isLogin, hosts: hosts,
      origin: headers[.origin],
      proxyHeader: proxyHeader?.name.rawName,
      isFromOwnPage: headers[named: "Sec-Fetch-Site"] == "same-origin",
      bearer: isBearer ? String(authorization.dropFirst(7)).trimmingBlanks : nil)
  }

  /// The path for a log line: what is not printable ASCII is left out, and so is the query.
  var loggedPath: String {
    String(
      String.UnicodeScalarView(
        uri.path.unicodeScalars.prefix(200).filter { $0.isASCII && $0.value > 32 && $0.value < 127 }
      ))
  }
}

extension String {
  /// Without blanks and tabs at both ends.
  var trimmingBlanks: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
