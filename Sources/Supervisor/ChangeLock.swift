import Points

/// Changes of users go side by side; what concerns all of them has exclusive access.
struct ChangeLock {
  private var shared = 0
  /// What has exclusive access now, or waits for it.
  private var exclusive: String?
  private var waiter: CheckedContinuation<Void, Never>?

  /// Begins a change of users; `endShared` follows.
  /// - Throws: `unavailable` while something has exclusive access.
  mutating func beginShared() throws(ControlError) {
    if let exclusive {
      throw .unavailable("\(exclusive) is under way; try again when it is done")
    }
    shared += 1
  }

  mutating func endShared() {
    shared -= 1
    if shared == 0 {
      waiter?.resume()
      waiter = nil
    }
  }

  /// Lets no change begin any more; `endExclusive` follows.
  /// - Parameter what: such as `a reload`.
  /// - Throws: `conflict` when something else has exclusive access.
  mutating func beginExclusive(for what: String) throws(ControlError) {
    if let exclusive { throw .conflict("\(exclusive) is under way already") }
    exclusive = what
  }

  /// Says more of what has exclusive access, such as that its outcome is unknown.
  mutating func rename(_ what: String) { exclusive = what }

  /// Whether changes that began before are under way.
  var isShared: Bool { shared > 0 }

  /// Resumes when no change is under way any more.
  mutating func await(_ continuation: CheckedContinuation<Void, Never>) {
    waiter = continuation
  }

  /// Lets changes begin again.
  mutating func endExclusive() { exclusive = nil }
}

extension Supervisor {
  /// Takes exclusive access, after the changes under way; `changeLock.endExclusive` follows.
  func beginExclusive(for what: String) async throws(ControlError) {
    try changeLock.beginExclusive(for: what)
    if changeLock.isShared { await withCheckedContinuation { changeLock.await($0) } }
  }
}
