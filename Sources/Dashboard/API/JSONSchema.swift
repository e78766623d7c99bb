/// The pieces of JSON Schema that the API's description is made of.
enum JSONSchema {
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

  static let boolean: JSON = ["type": "boolean"]
  static let string: JSON = ["type": "string"]
  static let success: JSON = ["const": true]
  static func nullable(_ type: JSON) -> JSON { ["type": .array([type, "null"])] }

  /// The words of an enumeration.
  static func words<Words: CaseIterable & RawRepresentable<String>>(_ type: Words.Type) -> JSON {
    ["enum": .array(type.allCases.map { .string($0.rawValue) })]
  }

  static func array(of items: JSON) -> JSON { ["type": "array", "items": items] }

  static func reference(_ name: String) -> JSON {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  static func describe(_ schema: JSON, _ text: String) -> JSON {
    guard case .object(let members) = schema else { return schema }
    return .object(members + [JSON.Member(name: "description", value: .string(text))])
  }

  /// - Parameters:
  ///   - required: all members when nil.
  ///   - closed: whether other members are refused.
  static func object(
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
