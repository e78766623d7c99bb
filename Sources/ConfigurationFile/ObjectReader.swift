import JSONText
import Points

/// Reads the keys of one JSON object and reports what does not fit.
///
/// The keys asked for are the known ones; `finish()` reports all others.
final class ObjectReader {
  let path: String
  /// Where the object begins.
  let offset: Int
  let faults: FaultCollector
  private var members: [String: JSONMember] = [:]
  private var order: [JSONMember] = []
  private var known: Set<String> = []

  /// nil, with a fault reported, when `node` is no object.
  init?(_ node: JSONNode, path: String, faults: FaultCollector) {
    guard case .object(let members) = node.value else {
      let subject = path.isEmpty ? "the configuration" : ""
      faults.add(
        at: node.offset, path,
        "\(subject.isEmpty ? "" : subject + " ")must be an object, not \(node.value.described)")
      return nil
    }
    self.path = path
    self.offset = node.offset
    self.faults = faults
    self.order = members
    // The first of two equal keys; the second is reported as a duplicate.
    self.members = Dictionary(members.map { ($0.key, $0) }) { first, _ in first }
  }

  /// The value of `key`; nil when it is absent.
  func node(_ key: String) -> JSONNode? {
    known.insert(key)
    return members[key]?.node
  }

  func path(of key: String) -> String {
    keyPath(path, key)
  }

  /// Where `key`'s value stands, or the object if it is absent.
  func offset(of key: String) -> Int {
    members[key]?.node.offset ?? offset
  }

  func reject(_ key: String, _ message: @autoclosure () -> String) {
    faults.add(at: offset(of: key), path(of: key), message())
  }

  /// Reports that `key` must be there.
  func missing(_ key: String, _ hint: String) {
    faults.add(at: offset, path(of: key), "missing; \(hint)")
  }

  /// The object at `key`; nil when it is absent or no object.
  func object(_ key: String) -> ObjectReader? {
    node(key).flatMap { ObjectReader($0, path: path(of: key), faults: faults) }
  }

  /// A string that is not empty; nil when absent or at fault.
  func string(_ key: String) -> String? {
    guard let node = node(key) else { return nil }
    return text(node, path: path(of: key))
  }

  private func text(_ node: JSONNode, path: String) -> String? {
    guard case .string(let text) = node.value else {
      faults.add(at: node.offset, path, "must be a string, not \(node.value.described)")
      return nil
    }
    guard !text.isEmpty else {
      faults.add(at: node.offset, path, "must not be empty")
      return nil
    }
    return text
  }

  /// The strings of the array at `key`, each with its place; nil when absent or no array.
  func strings(_ key: String) -> [(text: String, path: String, offset: Int)]? {
    elements(key)?.compactMap { element in
      text(element.node, path: element.path).map { ($0, element.path, element.node.offset) }
    }
  }

  /// As `strings`, but null, and what is at fault, keeps its place.
  func stringsOrNull(_ key: String) -> [(text: String?, path: String, offset: Int)]? {
    elements(key)?.map { element in
      let text = element.node.value == .null ? nil : text(element.node, path: element.path)
      return (text, element.path, element.node.offset)
    }
  }

  private func elements(_ key: String) -> [(node: JSONNode, path: String)]? {
    guard let node = node(key) else { return nil }
    guard case .array(let elements) = node.value else {
      reject(key, "must be an array of strings, not \(node.value.described)")
      return nil
    }
    let path = path(of: key)
    return elements.enumerated().map { ($1, "\(path)[\($0)]") }
  }

  /// true or false; nil when absent or at fault.
  func boolean(_ key: String) -> Bool? {
    guard let node = node(key) else { return nil }
    if case .boolean(let value) = node.value { return value }
    reject(key, "must be true or false, not \(node.value.described)")
    return nil
  }

  /// A whole number within `range`; nil when absent or at fault.
  func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
    guard let node = node(key) else { return nil }
    if case .number(let text) = node.value,
      case .exact(let value) = DecimalNumber(text)?.scaled(byPowerOfTen: 0), range ~= value
    {
      return value
    }
    reject(
      key,
      "must be a whole number from \(range.lowerBound) to \(range.upperBound), "
        + "not \(node.value.described)")
    return nil
  }

  /// A decimal number of seconds in whole milliseconds, exactly; nil when absent or at fault.
  func milliseconds(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
    guard let node = node(key) else { return nil }
    if case .number(let text) = node.value, let number = DecimalNumber(text) {
      switch number.scaled(byPowerOfTen: 3) {
      case .exact(let value) where range ~= value: return value
      case .finer:
        reject(key, "must be whole milliseconds, at most three decimal places, not \(text)")
        return nil
      default: break
      }
    }
    reject(
      key,
      "must be a number of seconds from \(seconds(range.lowerBound)) to "
        + "\(seconds(range.upperBound)), not \(node.value.described)")
    return nil
  }

  /// Reports the keys nobody asked for, each with the known one that is nearest.
  func finish() {
    for member in order where !known.contains(member.key) {
      faults.add(at: member.keyOffset, path(of: member.key), hint(for: member.key))
    }
  }

  private func hint(for unknown: String) -> String {
    guard let nearest = nearestNames(to: unknown, among: known).first else {
      return "unknown key; known are \(known.sorted().joined(separator: ", "))"
    }
    return "unknown key; the nearest known one is \(nearest)"
  }
}

/// Milliseconds as seconds, without needless decimal places.
func seconds(_ milliseconds: Int64) -> String {
  let whole = milliseconds / 1000
  var fraction = String(milliseconds % 1000 + 1000).dropFirst()
  while fraction.last == "0" { fraction.removeLast() }
  return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
}
