/// The JSON Schemas of what the API sends and takes.
enum OpenAPISchemas {
  static func reference(_ name: String) -> JSON {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  static func list(of name: String) -> JSON { ["type": "array", "items": reference(name)] }

  /// `{"success":true,"data":…}` with what may stand beside `data`.
  static func envelope(_ data: JSON, beside members: [String]) -> JSON {
    let beside = members.map { name in
      JSON.Member(
        name: name,
        value: besides[name] ?? stamp)
    }
    return object(
      [("success", success), ("data", data)] + beside.map { ($0.name, $0.value) },
      required: ["success", "data"] + members.filter { $0 != "stale_seconds" })
  }

  private static let besides: [String: JSON] = [
    "stale_seconds": describe(integer(minimum: 0), "Age of the values while the database is away."),
    "next": describe(nullable("string"), "For `before`, to read on; null at the end."),
  ]

  static let all: JSON = [
    "User": object([
      ("user", string), ("points", integer(minimum: 0)),
      ("datetime_stamp", describe(nullableStamp, "When the points last changed.")),
    ]),
    "UserStatus": object([
      ("success", success), ("username", string), ("status", words("active", "paused", "stopped")),
    ]),
    "ResetDone": object([("success", success), ("username", string), ("message", string)]),
    "HistoryPoint": object([
      ("datetime_stamp", stamp),
      ("points", describe(nullable("integer"), "null where no run was open: a gap.")),
    ]),
    "Server": object([
      ("name", string), ("user", string), ("port", integer(minimum: 1)),
      ("groups", ["type": "array", "items": string]),
      ("status", words("running", "starting", "backing off", "failed", "stopped", "paused")),
      ("wanted", words("running", "paused", "stopped")),
      ("reason", nullable("string")), ("since", stamp),
      ("connections", integer(minimum: 0)), ("requests", integer(minimum: 0)),
      ("last_error", nullable("string")),
    ]),
    "Statistics": object([
      ("total_points", integer(minimum: 0)), ("avg_points", ["type": "number"]),
      ("max_points", integer(minimum: 0)), ("min_points", integer(minimum: 0)),
    ]),
    "Verification": object([
      ("users", integer(minimum: 0)),
      (
        "differences",
        [
          "type": "array",
          "items": object([("user", string), ("kind", string), ("message", string)]),
        ]
      ),
      ("notices", ["type": "array", "items": string]),
    ]),
    "Operation": object([
      ("id", string), ("kind", string),
      ("user", describe(nullable("string"), "null where it concerns several users.")),
      ("who", string), ("reason", nullable("string")), ("when", stamp),
      ("outcome", words("done", "void", "unknown")), ("key", nullable("string")),
      ("users", list(of: "UserOutcome")),
    ]),
    "UserOutcome": object([
      ("user", string), ("outcome", words("done", "refused", "locked", "void", "unknown")),
      ("reason", nullable("string")),
    ]),
    "AuditEntry": object([
      ("id", string), ("when", stamp), ("who", string),
      ("kind", describe(string, "Such as `pause`; `hand` for an edit in SQL.")),
      ("reason", nullable("string")), ("outcome", words("done", "void", "unknown")),
      (
        "users",
        [
          "type": "array",
          "items": object([
            ("user", string),
            ("outcome", words("done", "refused", "locked", "void", "unknown")),
            ("points", describe(nullable("integer"), "Added or taken, beside what was earned.")),
          ]),
        ]
      ),
    ]),
    "Instance": object([
      ("name", string), ("seen", describe(stamp, "When it last showed that it is alive.")),
      ("lost", describe(["type": "boolean"], "Whether it was not seen for long.")),
      ("users", ["type": "array", "items": string]),
    ]),
    "Plan": object([
      ("changes", ["type": "boolean"]),
      (
        "users",
        [
          "type": "array",
          "items": object([
            ("user", string), ("server", string),
            ("action", words("nothing", "adjust", "restart", "start", "stop", "remove")),
            ("details", ["type": "array", "items": string]),
          ]),
        ]
      ),
      ("settings", ["type": "array", "items": string]),
      ("needs_restart", ["type": "array", "items": string]),
    ]),
    "Session": object([
      ("may_change", ["type": "boolean"]), ("requester", nullable("string")),
      ("open", ["type": "boolean"]),
    ]),
    "LoginLink": object([
      ("url", string), ("path", string), ("account", string), ("seconds", integer(minimum: 1)),
    ]),
    "Health": object([("status", string)]),
    "Reason": object(
      [("reason", describe(reason, "Why; kept in the log and the ledger."))], required: [],
      closed: true),
    "Adjustment": object(
      [
        ("delta", describe(delta, "Points to add, not 0.")),
        ("reason", describe(requiredReason, "Why; kept in the ledger.")),
      ], closed: true),
    "Failure": object(
      [
        ("success", ["const": false]), ("error", string),
        (
          "operation",
          describe(string, "The operation to ask for: its outcome is unknown, or differs by user.")
        ),
        ("users", list(of: "UserOutcome")),
      ], required: ["success", "error"]),
  ]

  /// A time from the year 1 on; the pattern knows how long months are, but for leap days.
  static let stamp: JSON = [
    "type": "string",
    "pattern": .string(
      "^(?!0000)[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
        + "|02-(0[1-9]|1[0-9]|2[0-9])) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"),
  ]

  static func integer(minimum: Int) -> JSON {
    ["type": "integer", "minimum": .number(minimum)]
  }

  private static let string: JSON = ["type": "string"]
  private static let success: JSON = ["const": true]
  private static let nullableStamp: JSON = ["type": ["string", "null"]]
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

  private static func nullable(_ type: JSON) -> JSON { ["type": .array([type, "null"])] }

  private static func words(_ words: JSON...) -> JSON { ["enum": .array(words)] }

  private static func describe(_ schema: JSON, _ text: String) -> JSON {
    guard case .object(let members) = schema else { return schema }
    return .object(members + [JSON.Member(name: "description", value: .string(text))])
  }

  /// - Parameters:
  ///   - required: all members when nil.
  ///   - closed: whether other members are refused.
  private static func object(
    _ members: [(String, JSON)], required: [String]? = nil, closed: Bool = false
  ) -> JSON {
    var schema: [JSON.Member] = [
      .init(name: "type", value: "object"),
      .init(name: "properties", value: .object(members.map { .init(name: $0.0, value: $0.1) })),
    ]
    let required = required ?? members.map(\.0)
    if !required.isEmpty {
      schema.append(.init(name: "required", value: .array(required.map(JSON.string))))
    }
    if closed { schema.append(.init(name: "additionalProperties", value: false)) }
    return .object(schema)
  }
}
