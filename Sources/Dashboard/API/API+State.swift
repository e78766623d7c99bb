import HTTPTypes
import Hummingbird
import Points
import Telemetry

extension API {
  /// Events, health and metrics.
  var stateRoutes: [Route] {
    [
      Route(
        .get, "/api/events",
        .init(
          summary: "Server-Sent Events: a snapshot, then each change",
          answer: .content("text/event-stream"), failures: [503]), right: .read
      ) { request, context in try await eventResponse(request, context) },
      Route(
        .get, "/healthz",
        .init(
          summary: "Alive", answer: .data(JSONSchema.reference("Health"))), right: .read
      ) { _, _ in .success(["status": "alive"]) },
      Route(
        .get, "/readyz",
        .init(
          summary: "Ready: the database answers and every wanted server was tried",
          answer: .data(JSONSchema.reference("Health")), failures: [503]), right: .read
      ) { _, context in
        if let failure = await control.readinessFailure() {
          throw APIError(
            .serviceUnavailable, context.caller.mayChange ? failure.detail : failure.summary)
        }
        return .success(["status": "ready"])
      },
      Route(
        .get, "/metrics",
        .init(summary: "Metrics for Prometheus", answer: .content("text/plain")), right: .read
      ) { _, _ in
        await StateMetrics(control: control, registry: metrics).record()
        return Response(
          status: .ok,
          headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.render())))
      },
    ]
  }

  private func eventResponse(
    _ request: Request, _ context: DashboardContext
  ) async throws -> Response {
    let lastEvent = request.headers[named: "Last-Event-ID"]
    guard shares.beginStream(context.peer.channel) else {
      throw APIError(.serviceUnavailable, "Too many event streams; ask /api/users instead")
    }
    let feed = EventFeed(
      stream: events, snapshots: snapshots, resumes: lastEvent != nil,
      lastEvent: lastEvent.flatMap(EventIdentifier.init),
      audience: context.caller.audience, peer: context.peer)
    var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
    // nginx and its like pass events on at once.
    headers[named: "X-Accel-Buffering"] = "no"
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        try await feed.write(to: &writer)
        try await writer.finish(nil)
      })
  }
}
