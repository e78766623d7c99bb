/// A value of a JSON text with the place where it stands, so that a fault found much later can
/// still name its line and column.
package struct JSONNode: Equatable, Sendable {
  /// Bytes from the beginning of the text to the value's first character.
  package let offset: Int
  package let value: JSONValue

  /// - Parameter offset: 0 for a value that stands in no text.
  package init(offset: Int = 0, value: JSONValue) {
    self.offset = offset
    self.value = value
  }
}

package indirect enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// As written, so that a decimal fraction is not rounded before anybody looks at it.
  case number(String)
  case string(String)
  case array([JSONNode])
  /// In the order of the text, duplicates included.
  case object([JSONMember])
}

/// One key of an object and its value.
package struct JSONMember: Equatable, Sendable {
  package let keyOffset: Int
  package let key: String
  package let node: JSONNode

  /// - Parameter keyOffset: 0 for a member that stands in no text.
  package init(keyOffset: Int = 0, key: String, node: JSONNode) {
    self.keyOffset = keyOffset
    self.key = key
    self.node = node
  }
}

extension JSONValue {
  /// How the value is named in a message to the operator.
  package var described: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): excerpt(text, limit: 40)
    case .string(let text): "the string \(quoted(text))"
    case .array: "an array"
    case .object: "an object"
    }
  }
}
