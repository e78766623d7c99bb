import Hummingbird
import JSONText
import NIOCore

/// What the body of a change may say: `{"delta":5,"reason":"…"}`.
struct ChangeBody: Sendable, Equatable {
  /// Why; nil when nothing was said.
  var reason: String?
  /// By how many points, never 0; nil unless it was asked for.
  var delta: Int64?

  /// The longest reason, in characters of Unicode.
  static let reasonLimit = 255

  /// Reads an optional reason; an empty body says nothing.
  static func reason(_ request: Request) async throws -> ChangeBody {
    let fields = try await fields(of: request, known: ["reason"])
    return ChangeBody(reason: try reason(fields["reason"]))
  }

  /// Reads delta and reason, both required: an adjustment has no meaning without its reason.
  static func adjustment(_ request: Request) async throws -> ChangeBody {
    let fields = try await fields(of: request, known: ["delta", "reason"])
    guard let delta = fields["delta"] else {
      throw APIError(.badRequest, "Field 'delta' is missing: a whole number of points, not 0")
    }
    guard let points = delta.integer, points != 0 else {
      throw APIError(
        .badRequest,
        "Field 'delta' must be a whole number from \(Int64.min) to \(Int64.max), not 0")
    }
    guard let reason = try reason(fields["reason"]) else {
      throw APIError(.badRequest, "Field 'reason' is missing: a text that says why")
    }
    return ChangeBody(reason: reason, delta: points)
  }

  private static func fields(
    of request: Request, known: [String]
  ) async throws -> [String: JSONNode] {
    let body = try await request.body.collect(upTo: RequestBody.limit)
    guard body.readableBytesView.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
      return [:]
    }
    let root: JSONNode
    do {
      root = try JSONParser.parse(Array(body.readableBytesView))
    } catch {
      throw APIError(.badRequest, "The body is not valid JSON")
    }
    // Which of the two holds would be anybody's guess; a proxy may read it otherwise than we do.
    try root.eachDuplicateKey { place, member in
      throw APIError(.badRequest, "Field '\(keyPath(place.text, member.key))' stands twice")
    }
    guard case .object(let members) = root.value else {
      throw APIError(.badRequest, "The body must be a JSON object, it is \(root.kind)")
    }
    let fields = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.node) })
    let unknown = fields.keys.filter { !known.contains($0) }.sorted()
    guard unknown.isEmpty else {
      let names = unknown.prefix(5).map { "'\(shortened($0))'" }.joined(separator: ", ")
      let possible = known.map { "'\($0)'" }.joined(separator: " and ")
      throw APIError(.badRequest, "Unknown field \(names); possible: \(possible)")
    }
    return fields
  }

  private static func reason(_ node: JSONNode?) throws -> String? {
    switch node?.value {
    case nil, .null: return nil
    case .string(let text):
      // It ends in log lines and on terminals, where a control character could pretend anything.
      guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else { throw APIError(.badRequest, "Field 'reason' must not hold control characters") }
      guard text.unicodeScalars.count <= reasonLimit else {
        throw APIError(.badRequest, "Field 'reason' is longer than \(reasonLimit) characters")
      }
      let trimmed = text.trimmingBlanks
      return trimmed.isEmpty ? nil : trimmed
    case .some:
      throw APIError(.badRequest, "Field 'reason' must be a text, it is \(node?.kind ?? "nothing")")
    }
  }

  private static func shortened(_ name: String) -> String {
    name.unicodeScalars.count > 50 ? String(name.prefix(50)) + "…" : name
  }
}

extension JSONNode {
  /// The kind of value, for a message.
  fileprivate var kind: String {
    switch value {
    case .null: "null"
    case .boolean: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
