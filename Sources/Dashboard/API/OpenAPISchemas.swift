/// The JSON Schemas of what the API sends and takes.
enum OpenAPISchemas {
  private typealias Schema = JSONSchema

  /// `{"success":true,"data":…}` with what may stand beside `data`.
  static func envelope(_ data: JSON, beside members: [String]) -> JSON {
    let beside = members.map { name in
      JSON.Member(
        name: name,
        value: besides[name] ?? Schema.stamp)
    }
    return Schema.object(
      [("success", Schema.success), ("data", data)] + beside.map { ($0.name, $0.value) },
      required: ["success", "data"] + members.filter { $0 != "stale_seconds" })
  }

  private static let besides: [String: JSON] = [
    "stale_seconds": Schema.describe(
      Schema.integer(minimum: 0), "Age of the values while the database is away."),
    "next": Schema.describe(
      Schema.nullable("string"), "For `before`, to read on; null at the end."),
  ]

  static let all: JSON = .object(shapes + others)

  private static let shapes = [
    Shapes.user.described, Shapes.userStatus.described, Shapes.historyPoint.described,
    Shapes.server.described, Shapes.connection.described, Shapes.statistics.described,
    Shapes.verification.described,
    Shapes.operation.described, Shapes.userOutcome.described, Shapes.auditEntry.described,
    Shapes.instance.described, Shapes.plan.described,
  ]

  /// Small answers that no value of the domain stands behind, and what requests bring.
  private static let others: [JSON.Member] = [
    member(
      "ResetDone",
      [("success", Schema.success), ("username", Schema.string), ("message", Schema.string)]),
    member(
      "Session",
      [
        ("may_change", Schema.boolean), ("requester", Schema.nullable("string")),
        ("open", Schema.boolean),
      ]),
    member(
      "LoginLink",
      [
        ("url", Schema.string), ("path", Schema.string), ("account", Schema.string),
        ("seconds", Schema.integer(minimum: 1)),
      ]),
    member("Health", [("status", Schema.string)]),
    member(
      "Reason", [("reason", Schema.describe(reason, "Why; kept in the log and the ledger."))],
      required: [], closed: true),
    member(
      "Adjustment",
      [
        ("delta", Schema.describe(delta, "Points to add, not 0.")),
        ("reason", Schema.describe(requiredReason, "Why; kept in the ledger.")),
      ], closed: true),
    member(
      "Failure",
      [
        ("success", ["const": false]), ("error", Schema.string),
        (
          "operation",
          Schema.describe(
            Schema.string, "The operation to ask for: its outcome is unknown, or differs by user.")
        ),
        ("users", Shapes.userOutcome.listReference),
      ], required: ["success", "error"]),
  ]

  private static func member(
    _ name: String, _ members: [(String, JSON)], required: [String]? = nil, closed: Bool = false
  ) -> JSON.Member {
    JSON.Member(name: name, value: Schema.object(members, required: required, closed: closed))
  }

  private static let reason: JSON = [
    "type": ["string", "null"], "maxLength": .number(ChangeBody.reasonLimit),
    "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F]*$",
  ]
  /// Not only of blanks.
  private static let requiredReason: JSON = [
    "type": "string", "maxLength": .number(ChangeBody.reasonLimit),
    "pattern": .string(
      "^[^\\u0000-\\u001F\\u007F-\\u009F]*[^\\u0000-\\u0020\\u007F-\\u009F]"
        + "[^\\u0000-\\u001F\\u007F-\\u009F]*$"),
  ]
  private static let delta: JSON = [
    "type": "integer", "not": ["const": 0], "minimum": .integer(Int128(Int64.min)),
    "maximum": .integer(Int128(Int64.max)),
  ]
}
