/// The prepared statements of one connection, by their text; the one unused for longest gives way.
///
/// Giving way is rare and the cache small, so the oldest is looked for and no list is kept.
struct StatementCache {
  private var entries: [String: (statement: PreparedStatement, lastUse: UInt64)] = [:]
  private var uses: UInt64 = 0
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// The statement of this text, if it is prepared; it counts as used.
  mutating func statement(for sql: String) -> PreparedStatement? {
    guard let index = entries.index(forKey: sql) else { return nil }
    uses += 1
    entries.values[index].lastUse = uses
    return entries.values[index].statement
  }

  mutating func insert(_ statement: PreparedStatement, for sql: String) {
    if entries.count >= capacity { removeOldest() }
    uses += 1
    entries[sql] = (statement, uses)
  }

  mutating func remove(_ sql: String) {
    entries[sql] = nil
  }

  mutating func removeAll() {
    entries.removeAll()
  }

  private mutating func removeOldest() {
    if let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      entries[oldest.key] = nil
    }
  }
}
