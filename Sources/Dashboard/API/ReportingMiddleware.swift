import HTTPTypes
import Hummingbird
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import Telemetry

/// The outermost layer: turns every error into our JSON, adds the headers that every answer
/// carries, and counts.
struct ReportingMiddleware: RouterMiddleware {
  typealias Context = DashboardContext

  let metrics: PrometheusRegistry
  let time: DashboardTime
  let refusals: RefusalLog
  let logger: Logger

  func handle(
    _ request: Request, context: DashboardContext,
    next: (Request, DashboardContext) async throws -> Response
  ) async throws -> Response {
    let begin = time.monotonicNanoseconds()
    var response: Response
    do {
      response = try await next(request, context)
    } catch {
      let failure = failure(error, request, context)
      response =
        failure.isRefusal && request.wantsPage ? AccessPage.refusal(failure) : failure.response
    }
    for field in Self.headers where response.headers[field.name] == nil {
      response.headers[field.name] = field.value
    }
    if request.method == .head { response = response.createHeadResponse() }
    count(request, context, response.status, time.monotonicNanoseconds() - begin)
    return response
  }

  /// A page may load what the daemon serves and nothing else.
  private static let headers: HTTPFields = {
    var headers: HTTPFields = [
      .contentSecurityPolicy: """
      default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
      connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
      frame-ancestors 'none'
      """,
      .xContentTypeOptions: "nosniff",
    ]
    // With "no-referrer" browsers send "Origin: null" with a form.
    headers[named: "Referrer-Policy"] = "same-origin"
    headers[named: "Cross-Origin-Resource-Policy"] = "same-origin"
    return headers
  }()

  private func failure(
    _ error: any Error, _ request: Request, _ context: DashboardContext
  ) -> APIError {
    if let failure = APIError(error) {
      if failure.status == .notFound, error is HTTPError { return APIError(.notFound, "Not found") }
      return failure
    }
    if let failure = Self.failureOfClient(error) {
      logger.debug(
        "\(request.method) \(request.loggedPath(context)) was broken off: \(error)",
        metadata: ["event": "http"])
      return failure
    }
    let method = Self.known.contains(request.method) ? request.method.rawValue : "other"
    refusals.failed("\(method) \(context.endpointPath ?? "a path without a route")", error)
    return APIError(.internalServerError, "Internal error; the log of pointsd says more")
  }

  /// The answer when it was the client's bytes, or that they ended, that made the request fail; nil
  /// for any other error. The rest of such a connection cannot be understood.
  private static func failureOfClient(_ error: any Error) -> APIError? {
    switch error {
    case is NIOTooManyBytesError:
      APIError(.contentTooLarge, "The body is too large", headers: HTTPFields().closing)
    case is HTTPParserError, is ChannelError, is IOError: .notHTTP
    default: nil
    }
  }

  /// Methods with a name of their own in metrics and log.
  private static let known: [HTTPRequest.Method] = [.get, .head, .post]

  private static let requests = Metric(
    "pointsd_http_requests_total", help: "HTTP requests answered, by route, method and status.")
  private static let duration = Metric(
    "pointsd_http_request_seconds", help: "Time until an HTTP request was answered, by route.")

  /// Counts by route, never by path: paths are without number.
  private func count(
    _ request: Request, _ context: DashboardContext, _ status: HTTPResponse.Status,
    _ nanoseconds: Int64
  ) {
    let route = context.endpointPath ?? "none"
    let method = Self.known.contains(request.method) ? request.method.rawValue : "other"
    Self.requests.counter(
      [("route", route), ("method", method), ("status", "\(status.code)")], in: metrics
    ).increment()
    Self.duration.timer([("route", route)], in: metrics).recordNanoseconds(nanoseconds)
  }
}
