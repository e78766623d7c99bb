import HTTPTypes
import Hummingbird
import Logging
import Points
import Telemetry

/// The routes of the HTTP interface and what they share.
struct API: Sendable {
  let control: any Control
  let encodedUsers = EncodedUsers()
  let events: EventStream
  let snapshots: SnapshotSource
  let shares: ConnectionShares
  let page: Page
  let log: any LogHistory
  let access: AccessControl
  let metrics: PrometheusRegistry
  let time: DashboardTime
  let logger: Logger

  /// Every route, in the order of the OpenAPI document.
  var routes: [Route] {
    let described =
      userRoutes + serverRoutes + connectionRoutes + ledgerRoutes + operationRoutes + auditRoutes
      + instanceRoutes
      + configurationRoutes + backupRoutes + logRoutes + loginRoutes + stateRoutes + pageRoutes
    return described + [documentRoute(of: described)]
  }

  /// The router that answers on TCP and on the control socket alike.
  func router() -> Router<DashboardContext> {
    let router = Router(context: DashboardContext.self, options: .autoGenerateHeadEndpoints)
    router.add(
      middleware: ReportingMiddleware(
        metrics: metrics, time: time, refusals: access.refusals, logger: logger))
    router.add(middleware: SourceMiddleware(access: access))
    router.add(middleware: MethodMiddleware(routes: routes))
    for route in routes {
      router.on(RouterPath(route.path), method: route.method) { request, context in
        try await access.respond(to: request, context, as: route) {
          route.right == .change
            ? try await carryOut(route, $0, $1) : try await route.handler($0, $1)
        }
      }
    }
    return router
  }

  /// The `{name}` of the path, decoded.
  func parameter(_ name: String, _ context: DashboardContext) throws -> String {
    guard let text = context.parameters.get(name), let decoded = PercentEncoding.decode(text) else {
      throw APIError(.badRequest, "The path is not valid percent-encoding")
    }
    return decoded
  }

  /// A new operation for a change that is asked for now, logged with who, from where and why.
  func operation(
    _ request: Request, _ context: DashboardContext, reason: String?
  ) async throws -> Operation {
    let operation = Operation(
      requestedBy: await context.requester(), reason: reason, key: try IdempotencyKey.read(request))
    log(operation, request, context)
    return operation
  }

  private func log(
    _ operation: Operation, _ request: Request, _ context: DashboardContext
  ) {
    logger.info(
      """
      \(request.method) \(request.loggedPath(context)) asked by \(operation.requestedBy)\
      \(operation.reason.map { ": \($0)" } ?? "")
      """, metadata: ["event": "asked"])
  }

  /// `stale_seconds` beside `data` when the values are not fresh.
  func staleness<Value>(_ reading: Reading<Value>) -> [(String, JSON)] {
    reading.staleSeconds.map { [("stale_seconds", .number($0))] } ?? []
  }

  private func documentRoute(of described: [Route]) -> Route {
    let description = Route.Description(
      summary: "This description", answer: .content("application/json"))
    let path = "/api/openapi.json"
    // The route describes itself too.
    let itself = Route(.get, path, description, right: .read) { _, _ in
      throw APIError(.notFound, "Not found")
    }
    let document = Response.json(OpenAPIDocument(routes: described + [itself]).json)
    return Route(.get, path, description, right: .read) { _, _ in document }
  }
}
