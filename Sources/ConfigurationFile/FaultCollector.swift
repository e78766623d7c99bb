import JSONText

/// Gathers faults while a file is read, so that all are reported in one go.
final class FaultCollector {
  private struct Found {
    let offset: Int
    let keyPath: String
    let message: String
  }

  private var found: [Found] = []

  var isEmpty: Bool { found.isEmpty }

  /// - Parameter offset: where the key or value at fault begins, in bytes.
  func add(at offset: Int, _ keyPath: String, _ message: String) {
    found.append(Found(offset: offset, keyPath: keyPath, message: message))
  }

  /// The faults in the order of the text, each with its line and column.
  func faults(in source: SourceText) -> [ConfigurationFault] {
    let places = source.places(of: found.map(\.offset))
    return found.enumerated()
      .sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
      .map { _, fault in
        ConfigurationFault(
          line: places[fault.offset]?.line, column: places[fault.offset]?.column,
          keyPath: fault.keyPath, message: fault.message)
      }
  }
}

/// Reports every key that stands twice in one object, at any depth: which of the two values holds
/// would be anybody's guess.
func reportDuplicateKeys(in node: JSONNode, at path: String, to faults: FaultCollector) {
  switch node.value {
  case .object(let members):
    var seen: Set<String> = []
    for member in members {
      let memberPath = keyPath(path, member.key)
      if !seen.insert(member.key).inserted {
        faults.add(at: member.keyOffset, memberPath, "the key stands twice; keep one")
      }
      reportDuplicateKeys(in: member.node, at: memberPath, to: faults)
    }
  case .array(let elements):
    for (index, element) in elements.enumerated() {
      reportDuplicateKeys(in: element, at: "\(path)[\(index)]", to: faults)
    }
  default: break
  }
}

/// The path of `key` in the object at `path`.
func keyPath(_ path: String, _ key: String) -> String {
  let name = excerpt(key, limit: 60)
  return path.isEmpty ? name : "\(path).\(name)"
}
