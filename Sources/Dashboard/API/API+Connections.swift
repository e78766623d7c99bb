import HTTPTypes
import Hummingbird
import Points

extension API {
  /// Who is connected to users' servers.
  var connectionRoutes: [Route] {
    [
      Route(
        .get, "/api/connections",
        .init(
          summary: "The TCP clients connected now, and what each asked last",
          answer: .data(Shapes.connection.listReference),
          query: [
            .init(
              name: "profile", text: "Those of a user, server or group, or all.",
              schema: ["type": "string", "minLength": 1])
          ], failures: [400, 404]), right: .guardedRead
      ) { request, _ in
        let fields = try QueryFields.parse(request.uri.query, known: ["profile"])
        var users: [String]?
        if let profile = fields["profile"] {
          users = try await control.members(ofProfile: profile)
        }
        return .success(Shapes.connection.list(await control.connections(of: users)))
      }
    ]
  }
}
