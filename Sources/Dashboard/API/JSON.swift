import JSONText

/// A JSON value to be sent: members keep their order, whole and broken numbers stay apart (`90.0`),
/// neither of which JSONEncoder does.
enum JSON: Sendable, Equatable {
  struct Member: Sendable, Equatable {
    let name: String
    let value: JSON
  }

  case null
  case bool(Bool)
  case integer(Int128)
  case decimal(Double)
  case string(String)
  case array([JSON])
  case object([Member])
  /// What `encoded` gave earlier.
  case encoded([UInt8])

  static func number(_ value: some FixedWidthInteger) -> JSON { .integer(Int128(value)) }

  static func strings(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }

  /// The text, or null.
  static func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

  /// The value as UTF-8 text without blanks, as RFC 8259 defines it.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  private func append(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += value.description.utf8
    case .decimal(let value): bytes += (value.isFinite ? value.description : "null").utf8
    case .string(let text): appendJSONString(text, to: &bytes)
    case .array(let values):
      Self.appendList(values, "[]", to: &bytes) { $0.append(to: &$1) }
    case .object(let members):
      Self.appendList(members, "{}", to: &bytes) { member, bytes in
        appendJSONString(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.append(to: &bytes)
      }
    case .encoded(let value): bytes += value
    }
  }

  private static func appendList<Item>(
    _ items: [Item], _ brackets: String, to bytes: inout [UInt8],
    append: (Item, inout [UInt8]) -> Void
  ) {
    bytes += brackets.utf8.prefix(1)
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      append(item, &bytes)
    }
    bytes += brackets.utf8.suffix(1)
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByIntegerLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(integerLiteral value: Int) { self = .integer(Int128(value)) }
  init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }
}
