/// A JSON value that somebody sent.
enum JSONInput: Sendable, Equatable, Decodable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number that is broken, or too large for 64 bits.
  case number(Double)
  case string(String)
  case array([JSONInput])
  case object([String: JSONInput])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let integer = try? value.decode(Int64.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([JSONInput].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSONInput].self))
    }
  }

  /// The kind of value, for a message.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .integer, .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
