import JSONText

/// Gathers faults while a file is read, so that they are reported in one go.
///
/// Kept are the first `limit` of the text; the others are counted, and no message is made for them:
/// a file may have a fault in every entry.
final class FaultCollector {
  private struct Found {
    let offset: Int
    /// Equal places keep the order in which they were found.
    let number: Int
    let keyPath: String
    let message: String
  }

  /// How many are reported one by one.
  static let limit = 200

  /// In the order they were found: up to twice the limit, the first `limit` of the text among them.
  private var found: [Found] = []
  /// The place behind which nothing is kept any more.
  private var horizon = Int.max
  /// All that were found.
  private(set) var count = 0
  /// Messages that were made, which is the work that faults cost.
  private(set) var messageCount = 0

  var isEmpty: Bool { count == 0 }

  /// - Parameters:
  ///   - offset: where the key or value at fault begins, in bytes.
  ///   - message: made only if the fault is among those that are kept.
  func add(
    at offset: Int, _ keyPath: @autoclosure () -> String, _ message: @autoclosure () -> String
  ) {
    count += 1
    guard offset < horizon else { return }
    messageCount += 1
    found.append(
      Found(offset: offset, number: count, keyPath: keyPath(), message: message()))
    if found.count == 2 * Self.limit { keepTheFirst() }
  }

  private func keepTheFirst() {
    found.sort { ($0.offset, $0.number) < ($1.offset, $1.number) }
    found.removeLast(max(0, found.count - Self.limit))
    if found.count == Self.limit, let last = found.last { horizon = last.offset }
  }

  /// The first faults in the order of the text, each with its line and column.
  func faults(in source: SourceText) -> [ConfigurationFault] {
    keepTheFirst()
    let places = source.places(of: found.map(\.offset))
    return found.map { fault in
      ConfigurationFault(
        line: places[fault.offset]?.line, column: places[fault.offset]?.column,
        keyPath: fault.keyPath, message: fault.message)
    }
  }
}

/// Reports every key that stands twice in one object, at any depth: which of the two values holds
/// would be anybody's guess.
func reportDuplicateKeys(in root: JSONNode, to faults: FaultCollector) {
  root.eachDuplicateKey { place, member in
    faults.add(
      at: member.keyOffset, keyPath(place.text, member.key), "the key stands twice; keep one")
  }
}
