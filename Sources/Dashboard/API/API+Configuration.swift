import HTTPTypes
import Hummingbird
import Points

extension API {
  /// What the configuration file would change, and changing it.
  var configurationRoutes: [Route] {
    [
      Route(
        .get, "/api/plan",
        .init(
          summary: "What the configuration file would change now",
          answer: .data(Shapes.plan.reference), failures: [422]), right: .guardedRead
      ) { _, _ in .success(Shapes.plan.json(try await control.plan())) },
      Route(
        .post, "/api/reload",
        .init(
          summary: "Change to what the configuration file says: all of it or nothing",
          answer: .data(Shapes.plan.reference), body: "Reason",
          failures: [409, 422, 503]), right: .change
      ) { request, context in
        let body = try await ChangeBody.reason(request)
        let operation = try await operation(request, context, reason: body.reason)
        return .success(Shapes.plan.json(try await control.reload(by: operation)))
      },
    ]
  }
}
