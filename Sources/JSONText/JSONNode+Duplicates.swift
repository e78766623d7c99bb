/// Keys that stand twice in one object: which of the two values holds would be anybody's guess.
extension JSONNode {
  /// Calls `body` with each key that stood before in its object, at any depth, and with the place
  /// of that object.
  package func eachDuplicateKey(
    in place: JSONPath = .root, _ body: (JSONPath, JSONMember) throws -> Void
  ) rethrows {
    switch value {
    case .object(let members):
      var seen: Set<String> = []
      for member in members {
        if !seen.insert(member.key).inserted { try body(place, member) }
        try member.node.eachDuplicateKey(in: .key(member.key, of: place), body)
      }
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        try element.eachDuplicateKey(in: .index(index, of: place), body)
      }
    default: break
    }
  }
}

/// Where in a tree a value is; put in words only when it is asked for.
package indirect enum JSONPath: Sendable {
  case root
  case key(String, of: JSONPath)
  case index(Int, of: JSONPath)

  /// Such as `users[2].port`; empty for the root.
  package var text: String {
    switch self {
    case .root: ""
    case .key(let key, let object): keyPath(object.text, key)
    case .index(let index, let array): "\(array.text)[\(index)]"
    }
  }
}

/// The path of `key` in the object at `path`; long keys are shortened.
package func keyPath(_ path: String, _ key: String) -> String {
  let name = excerpt(key, limit: 60)
  return path.isEmpty ? name : "\(path).\(name)"
}
