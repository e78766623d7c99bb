import HTTPTypes
import Hummingbird
import Points

extension API {
  /// Users: reading, pausing, resetting and adjusting one.
  var userRoutes: [Route] {
    [
      Route(
        .get, "/api/users",
        .init(
          summary: "All users and their points, by name",
          answer: .data(
            Shapes.user.listReference, beside: ["timestamp", "stale_seconds"])), right: .read
      ) { _, _ in
        let reading = try await control.users()
        return .success(
          encodedUsers.list(reading),
          beside: [("timestamp", .string(time.now().description))] + staleness(reading))
      },
      Route(
        .get, "/api/users/{name}",
        .init(
          summary: "One user and its points",
          answer: .data(Shapes.user.reference, beside: ["stale_seconds"]),
          failures: [404]), right: .read
      ) { _, context in
        let reading = try await control.user(try parameter("name", context))
        return .success(Shapes.user.json(reading.value), beside: staleness(reading))
      },
      Route(
        .get, "/api/users/{name}/status",
        .init(
          summary: "Whether a user earns points", answer: .flat("UserStatus"), failures: [404]),
        right: .read
      ) { _, context in
        .json(Shapes.userStatus.json(try await control.server(try parameter("name", context))))
      },
      statusRoute(.pause, "Stop earning, keep answering"),
      statusRoute(.resume, "Earn again"),
      statusRoute(.toggle, "Pause, or resume when paused", failures: [404, 409]),
      Route(
        .post, "/api/users/{name}/reset",
        .init(
          summary: "Set the points to 0", answer: .flat("ResetDone"), body: "Reason",
          failures: [404]), right: .change
      ) { request, context in
        let name = try parameter("name", context)
        let body = try await ChangeBody.reason(request)
        let row = try await control.adjust(
          .reset, user: name, by: try await operation(request, context, reason: body.reason))
        return .json([
          "success": true, "username": .string(row.user), "message": "Points reset to 0",
        ])
      },
      Route(
        .post, "/api/users/{name}/adjust",
        .init(
          summary: "Add points, or take some away; never below 0",
          answer: .data(Shapes.user.reference), body: "Adjustment",
          bodyIsRequired: true, failures: [404, 409]), right: .change
      ) { request, context in
        let name = try parameter("name", context)
        let body = try await ChangeBody.adjustment(request)
        let row = try await control.adjust(
          .adjust(delta: body.delta ?? 0), user: name,
          by: try await operation(request, context, reason: body.reason))
        return .success(Shapes.user.json(row))
      },
      historyRoute,
    ]
  }

  /// A change that is answered with the user's status.
  private func statusRoute(
    _ change: Change, _ summary: String, failures: [Int] = [404]
  ) -> Route {
    Route(
      .post, "/api/users/{name}/\(change.word)",
      .init(summary: summary, answer: .flat("UserStatus"), body: "Reason", failures: failures),
      right: .change
    ) { request, context in
      let name = try parameter("name", context)
      let body = try await ChangeBody.reason(request)
      let status = try await control.apply(
        change, to: name,
        by: try await operation(request, context, reason: body.reason))
      return .json(Shapes.userStatus.json(status))
    }
  }

  private var historyRoute: Route {
    let stamp = JSONSchema.stamp
    return Route(
      .get, "/api/users/{name}/history",
      .init(
        summary: "A user's points over time, oldest first",
        answer: .data(Shapes.historyPoint.listReference),
        query: [
          .init(
            name: "updates", text: "The last so many updates, 20 when nothing is asked.",
            schema: ["type": "integer", "minimum": 1, "maximum": 1000, "default": 20]),
          .init(
            name: "from", text: "Instead: from this time, at most 1,000 points.", schema: stamp),
          .init(name: "to", text: "To this time, now when it is missing.", schema: stamp),
        ], failures: [400, 404, 503]), right: .read
    ) { request, context in
      let range = try HistoryQuery.parse(request.uri.query, now: time.now())
      let points = try await control.history(of: try parameter("name", context), range: range)
      return .success(Shapes.historyPoint.list(points))
    }
  }
}
