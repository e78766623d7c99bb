/// Deadlines that are all the same time away when they are set, so that the first set is the first
/// due: no heap, no timer each.
struct DeadlineQueue {
  /// How far away, in nanoseconds.
  let delay: Int64
  private var entries: [(moment: Int64, ticket: UInt64)] = []
  private var first = 0

  init(delayMilliseconds: Int64) { delay = delayMilliseconds * 1_000_000 }

  /// The next moment something is due.
  var next: Int64? { first < entries.count ? entries[first].moment : nil }

  mutating func append(_ ticket: UInt64, now: Int64) {
    if first == entries.count {
      entries.removeAll(keepingCapacity: true)
      first = 0
    } else if first > 1024 && first > entries.count / 2 {
      entries.removeFirst(first)
      first = 0
    }
    entries.append((now + delay, ticket))
  }

  /// Takes out the next ticket that is due.
  mutating func popDue(now: Int64) -> UInt64? {
    guard first < entries.count, entries[first].moment <= now else { return nil }
    first += 1
    return entries[first - 1].ticket
  }
}
