/// Writing a tree back as text: keys in their order, numbers as they were written.
extension JSONNode {
  /// In one line, without blanks.
  package var compact: String { value.compact }

  /// In lines, each level indented by two blanks more.
  package var indented: String { value.indented() }
}

extension JSONValue {
  package var compact: String {
    switch self {
    case .array(let elements):
      "[" + elements.map(\.value.compact).joined(separator: ",") + "]"
    case .object(let members):
      "{"
        + members.map { "\(jsonString($0.key)):\($0.node.value.compact)" }.joined(separator: ",")
        + "}"
    default: scalarText
    }
  }

  package func indented(by depth: Int = 0) -> String {
    let inner = String(repeating: "  ", count: depth + 1)
    let outer = String(repeating: "  ", count: depth)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + $0.value.indented(by: depth + 1) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
    case .object(let members) where !members.isEmpty:
      let lines = members.map {
        "\(inner)\(jsonString($0.key)): \($0.node.value.indented(by: depth + 1))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
    default: return compact
    }
  }

  private var scalarText: String {
    switch self {
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): jsonString(text)
    default: "null"
    }
  }
}

/// `text` as a JSON string, quotes included; what a terminal would obey is escaped.
package func jsonString(_ text: String) -> String {
  var written = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": written += "\\\""
    case "\\": written += "\\\\"
    default: written.appendPrintable(scalar)
    }
  }
  return written + "\""
}
