import HTTPTypes
import Points

/// The API's description of itself, OpenAPI 3.1, made from the routes.
struct OpenAPIDocument: Sendable {
  let routes: [Route]

  var json: JSON {
    [
      "openapi": "3.1.0",
      "info": [
        "title": "pointsd", "version": .string(Version.current),
        "summary": "Points of users, their servers and their ledger",
        "description": .string(Self.introduction),
        "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
      ],
      "servers": [["url": "/"]],
      "paths": paths,
      "components": [
        "schemas": OpenAPISchemas.all,
        "responses": ["Failure": Self.failure],
        "securitySchemes": [
          "token": [
            "type": "http", "scheme": "bearer", "description": "The content of http.tokenFile.",
          ],
          "session": [
            "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name),
            "description": "A browser that was let in by pointsctl login.",
          ],
        ],
      ],
    ]
  }

  private static let introduction = """
    The same API answers on TCP and on the control socket. Over TCP everybody reads and nobody \
    changes but a browser that was let in by `pointsctl login` and a client with the token; on the \
    control socket the mode of its file decides. `x-right` says what an operation needs. Readers \
    without rights get texts without paths, accounts and SQL. Times are UTC, \
    `YYYY-MM-DD HH:MM:SS`. While the database is away reads answer with the last known values and \
    `stale_seconds`, changes with 503.
    """

  private static let failure: JSON = [
    "description": "Not done; `error` says why.",
    "content": ["application/json": ["schema": JSONSchema.reference("Failure")]],
  ]

  /// One entry for each path, in the order of the routes.
  private var paths: JSON {
    var order: [String] = []
    var methods: [String: [JSON.Member]] = [:]
    for route in routes {
      if methods[route.path] == nil { order.append(route.path) }
      methods[route.path, default: []].append(
        JSON.Member(name: route.method.rawValue.lowercased(), value: operation(route)))
    }
    return .object(order.map { JSON.Member(name: $0, value: .object(methods[$0] ?? [])) })
  }

  private func operation(_ route: Route) -> JSON {
    var members: [JSON.Member] = [
      JSON.Member(name: "summary", value: .string(route.description.summary)),
      JSON.Member(name: "operationId", value: .string(Self.identifier(route))),
    ]
    let parameters =
      route.parameters.map(Self.pathParameter) + route.description.query.map(Self.query)
      + (route.right == .change ? [Self.idempotencyKey] : [])
    if !parameters.isEmpty { members.append(.init(name: "parameters", value: .array(parameters))) }
    if let body = route.description.body {
      members.append(
        .init(
          name: "requestBody",
          value: [
            "required": .bool(route.description.bodyIsRequired),
            "content": ["application/json": ["schema": JSONSchema.reference(body)]],
          ]))
    }
    if route.takesLargeBody {
      members.append(
        .init(
          name: "requestBody",
          value: [
            "required": true, "content": ["application/sql": ["schema": ["type": "string"]]],
          ]))
    }
    members.append(.init(name: "x-right", value: .string(route.right.words)))
    if route.right == .change || route.right == .guardedRead {
      members.append(.init(name: "security", value: [["token": []], ["session": []]]))
    }
    members.append(.init(name: "responses", value: responses(route)))
    return .object(members)
  }

  private func responses(_ route: Route) -> JSON {
    let ofRight: [Int] =
      switch route.right {
      case .read: []
      case .guardedRead: [401, 403, 429, 503]
      case .change: [400, 401, 403, 413, 422, 429, 503, 504]
      case .controlSocket, .session: [403]
      }
    let failures = Set(route.description.failures + ofRight)
    let success = JSON.Member(
      name: "200",
      value: ["description": "As asked.", "content": Self.content(route.description.answer)])
    return .object(
      [success]
        + failures.sorted().map {
          JSON.Member(name: "\($0)", value: Self.response(status: $0))
        } + [JSON.Member(name: "default", value: ["$ref": "#/components/responses/Failure"])])
  }

  /// A redirection has no body.
  private static func response(status: Int) -> JSON {
    (300..<400).contains(status)
      ? ["description": "Done; `Location` says where to go on."]
      : ["$ref": "#/components/responses/Failure"]
  }

  private static func content(_ answer: Route.Answer) -> JSON {
    switch answer {
    case .content(let type):
      .object([JSON.Member(name: type, value: ["schema": ["type": "string"]])])
    case .flat(let schema): ["application/json": ["schema": JSONSchema.reference(schema)]]
    case .data(let schema, let beside):
      ["application/json": ["schema": OpenAPISchemas.envelope(schema, beside: beside)]]
    }
  }

  private static func pathParameter(_ name: String) -> JSON {
    let text =
      switch name {
      case "name": "A user's or a server's name, in any case."
      case "id": "The operation's id."
      case "instance": "The name of a daemon on the same ledger."
      case "code": "The code of a login link."
      case "group": "A group, `all`, a user or a server, in any case."
      default: "The file's name."
      }
    return [
      "name": .string(name), "in": "path", "required": true, "description": .string(text),
      "schema": ["type": "string"],
    ]
  }

  private static let idempotencyKey: JSON = [
    "name": "Idempotency-Key", "in": "header", "required": false,
    "description": """
    What the client calls this change: repeated with the same key it is made once, and answered \
    alike. Free again after 4xx and 503.
    """,
    "schema": IdempotencyKey.schema,
  ]

  private static func query(_ query: Route.Query) -> JSON {
    [
      "name": .string(query.name), "in": "query", "description": .string(query.text),
      "schema": query.schema,
    ]
  }

  /// Such as `post_api_users_name_pause`.
  private static func identifier(_ route: Route) -> String {
    let words = route.path.split { !$0.isLetter }.map(String.init)
    return ([route.method.rawValue.lowercased()] + (words.isEmpty ? ["page"] : words))
      .joined(separator: "_")
  }
}
