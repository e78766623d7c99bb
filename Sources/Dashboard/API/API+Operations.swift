import HTTPTypes
import Hummingbird
import Points

extension API {
  /// What was asked, by whom, and what it came to.
  var operationRoutes: [Route] {
    [
      Route(
        .get, "/api/operations",
        .init(
          summary: "What was asked, newest first; those of unknown outcome among them",
          answer: .data(Shapes.operation.listReference),
          query: [
            .init(
              name: "limit", text: "The newest so many, 50 when nothing is asked.",
              schema: ["type": "integer", "minimum": 1, "maximum": 1000, "default": 50]),
            .init(
              name: "key", text: "Instead: that of your account with this Idempotency-Key.",
              schema: IdempotencyKey.schema),
          ], failures: [400, 503]),
        right: .guardedRead
      ) { request, context in
        let selection = try await selection(request, context)
        return .success(
          Shapes.operation.list(try await control.operations(selection)))
      },
      Route(
        .get, "/api/operations/{id}",
        .init(
          summary: "One operation, and whether it was done",
          answer: .data(Shapes.operation.reference), failures: [404, 503]),
        right: .guardedRead
      ) { _, context in
        let identifier = try parameter("id", context)
        let selection =
          if let key = OperationReference.key(of: identifier) {
            OperationSelection.key(
              try IdempotencyKey.check(key, "The key of the id"),
              account: await context.requester())
          } else {
            OperationSelection.identifier(identifier)
          }
        guard let record = try await control.operations(selection).first else {
          throw APIError(
            .notFound, "No operation has this id: it was not done, and nothing was changed by it")
        }
        return .success(Shapes.operation.json(record))
      },
    ]
  }

  private func selection(
    _ request: Request, _ context: DashboardContext
  ) async throws -> OperationSelection {
    let fields = try QueryFields.parse(request.uri.query, known: ["limit", "key"])
    let count = try QueryFields.limit(fields)
    // A key is that of one operation, so that no limit shortens what it finds.
    if let key = fields["key"] {
      return .key(
        try IdempotencyKey.check(key, "Field 'key'"), account: await context.requester())
    }
    return .latest(count)
  }
}
