/// The number of insertions, deletions, replacements and exchanges of neighbours that turn one
/// word into the other; nil when it is more than `limit`, found out as soon as it is certain.
///
/// Source: optimal string alignment, a restriction of Damerau's distance, *A technique for computer
/// detection and correction of spelling errors* (1964).
func editDistance(_ a: [Character], _ b: [Character], limit: Int) -> Int? {
  guard abs(a.count - b.count) <= limit else { return nil }
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
    // What follows comes from these two rows and is no less.
    if min(present.min() ?? 0, previous.min() ?? 0) > limit { return nil }
    older = previous
    previous = present
  }
  return previous[b.count] <= limit ? previous[b.count] : nil
}

/// The candidates that `name` is likely a misspelling of, in any case, nearest first.
///
/// - Returns: at most three; one is near when a third of its letters, or of those of `name`, differ
///   at most, or when one begins with the other.
public func nearestNames(to name: String, among candidates: some Sequence<String>) -> [String] {
  // Nothing is no misspelling, nor is a very long name, which would cost its square to compare.
  guard 1...100 ~= name.count else { return [] }
  let wanted = Array(name.lowercased())
  return
    candidates.compactMap { candidate -> (name: String, distance: Int)? in
      let folded = Array(candidate.lowercased())
      let difference = abs(folded.count - wanted.count)
      guard difference <= 40 else { return nil }
      if folded.starts(with: wanted) || wanted.starts(with: folded) {
        return (name: candidate, distance: difference)
      }
      let limit = max(1, max(wanted.count, folded.count) / 3)
      return editDistance(wanted, folded, limit: limit).map { (candidate, $0) }
    }
    .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    .prefix(3)
    .map(\.name)
}
