/// Reading values out of a tree; nil where the tree has something else.
extension JSONNode {
  /// The value of `key`; of the first of them, should it stand twice.
  package subscript(key: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.key == key }?.node
  }

  package var string: String? {
    guard case .string(let text) = value else { return nil }
    return text
  }

  package var integer: Int64? {
    guard case .number(let text) = value,
      case .exact(let number) = DecimalNumber(text)?.scaled(byPowerOfTen: 0)
    else { return nil }
    return number
  }

  package var boolean: Bool? {
    guard case .boolean(let value) = value else { return nil }
    return value
  }

  package var array: [JSONNode]? {
    guard case .array(let elements) = value else { return nil }
    return elements
  }
}
