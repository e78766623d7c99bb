/// The number of insertions, deletions, replacements and exchanges of neighbours that turn one
/// word into the other.
///
/// Source: optimal string alignment, a restriction of Damerau's distance, *A technique for computer
/// detection and correction of spelling errors* (1964).
func editDistance(_ left: String, _ right: String) -> Int {
  let a = Array(left)
  let b = Array(right)
  var older = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for row in 0..<a.count {
    var present = [row + 1]
    for column in 0..<b.count {
      let replaced = previous[column] + (a[row] == b[column] ? 0 : 1)
      var least = min(replaced, previous[column + 1] + 1, present[column] + 1)
      if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
        least = min(least, older[column - 1] + 1)
      }
      present.append(least)
    }
    older = previous
    previous = present
  }
  return previous[b.count]
}

/// The candidates that `name` is likely a misspelling of, in any case, nearest first.
///
/// - Returns: at most three; one is near when a third of its letters, or of those of `name`, differ
///   at most, or when one begins with the other.
public func nearestNames(to name: String, among candidates: some Sequence<String>) -> [String] {
  // Nothing is no misspelling, nor is a very long name, which would cost its square to compare.
  guard 1...100 ~= name.count else { return [] }
  let wanted = name.lowercased()
  return
    candidates.map { (name: $0, folded: $0.lowercased()) }
    .filter { abs($0.folded.count - wanted.count) <= 40 }
    .map { (name: $0.name, folded: $0.folded, distance: editDistance(wanted, $0.folded)) }
    .filter {
      let begins = $0.folded.hasPrefix(wanted) || wanted.hasPrefix($0.folded)
      return begins && !wanted.isEmpty
        || $0.distance <= max(1, max(wanted.count, $0.folded.count) / 3)
    }
    .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    .prefix(3)
    .map(\.name)
}
