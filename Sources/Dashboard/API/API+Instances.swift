import HTTPTypes
import Hummingbird
import Points

extension API {
  /// Other daemons on the same ledger.
  var instanceRoutes: [Route] {
    [
      Route(
        .get, "/api/instances",
        .init(
          summary: "Other daemons that serve users of this ledger, and when each was seen",
          answer: .data(Shapes.instance.listReference)), right: .guardedRead
      ) { _, _ in .success(Shapes.instance.list(await control.instances())) },
      Route(
        .post, "/api/instances/{instance}/forget",
        .init(
          summary: "End that a daemon which does not work any more serves its users",
          answer: .data(Shapes.userOutcome.listReference), body: "Reason", failures: [409]),
        right: .change
      ) { request, context in
        let instance = try parameter("instance", context)
        let body = try await ChangeBody.reason(request)
        let operation = try await operation(request, context, reason: body.reason)
        let users = try await control.forget(instance: instance, by: operation)
        return .success(Shapes.userOutcome.list(users))
      },
    ]
  }
}
