import FoundationEssentials
import Hummingbird
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
      throw Failure(.badRequest, "Field 'delta' is missing: a whole number of points, not 0")
    }
    guard case .integer(let points) = delta, points != 0 else {
      throw Failure(
        .badRequest,
        "Field 'delta' must be a whole number from \(Int64.min) to \(Int64.max), not 0")
    }
    guard let reason = try reason(fields["reason"]) else {
      throw Failure(.badRequest, "Field 'reason' is missing: a text that says why")
    }
    return ChangeBody(reason: reason, delta: points)
  }

  private static func fields(
    of request: Request, known: [String]
  ) async throws -> [String: JSONInput] {
    let body = try await request.body.collect(upTo: RequestBody.limit)
    guard body.readableBytesView.contains(where: { !" \t\r\n".utf8.contains($0) }) else {
      return [:]
    }
    let value: JSONInput
    do {
      value = try JSONDecoder().decode(JSONInput.self, from: Data(body.readableBytesView))
    } catch {
      throw Failure(.badRequest, "The body is not valid JSON")
    }
    guard case .object(let fields) = value else {
      throw Failure(.badRequest, "The body must be a JSON object, it is \(value.kind)")
    }
    let unknown = fields.keys.filter { !known.contains($0) }.sorted()
    guard unknown.isEmpty else {
      let names = unknown.prefix(5).map { "'\(shortened($0))'" }.joined(separator: ", ")
      let possible = known.map { "'\($0)'" }.joined(separator: " and ")
      throw Failure(.badRequest, "Unknown field \(names); possible: \(possible)")
    }
    return fields
  }

  private static func reason(_ value: JSONInput?) throws -> String? {
    switch value {
    case nil, .null: return nil
    case .string(let text):
      // It ends in log lines and on terminals, where a control character could pretend anything.
      guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
      else { throw Failure(.badRequest, "Field 'reason' must not hold control characters") }
      guard text.unicodeScalars.count <= reasonLimit else {
        throw Failure(.badRequest, "Field 'reason' is longer than \(reasonLimit) characters")
      }
      let trimmed = text.trimmingBlanks
      return trimmed.isEmpty ? nil : trimmed
    case .some(let value):
      throw Failure(.badRequest, "Field 'reason' must be a text, it is \(value.kind)")
    }
  }

  private static func shortened(_ name: String) -> String {
    name.unicodeScalars.count > 50 ? String(name.prefix(50)) + "…" : name
  }
}
