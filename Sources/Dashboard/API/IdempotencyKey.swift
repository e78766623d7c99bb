import HTTPTypes
import Hummingbird

/// The header by which a client names a change, so that it may repeat it until it knows the outcome.
enum IdempotencyKey {
  static let longest = 128

  /// nil without the header.
  static func read(_ request: Request) throws -> String? {
    let keys = request.headers.filter { $0.name.canonicalName == "idempotency-key" }.map(\.value)
    guard keys.count < 2 else {
      throw APIError(.badRequest, "Header Idempotency-Key is given twice; a change has one key")
    }
    return try keys.first.map { try check($0, "Header Idempotency-Key") }
  }

  /// What the OpenAPI document says of one.
  static let schema: JSON = [
    "type": "string", "minLength": 1, "maxLength": .number(longest), "pattern": "^[ -~]+$",
  ]

  /// The key, if it is one.
  static func check(_ key: String, _ what: String) throws -> String {
    guard (1...longest).contains(key.utf8.count),
      key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else {
      throw APIError(
        .badRequest, "\(what) must hold 1 to \(longest) printable characters of ASCII")
    }
    return key
  }
}
