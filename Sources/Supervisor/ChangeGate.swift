import Points

/// Changes of single users go side by side; what concerns all of them goes alone.
struct ChangeGate {
  private var changes = 0
  /// What goes alone now, or waits to.
  private var alone: String?
  private var waiter: CheckedContinuation<Void, Never>?

  /// Begins a change of one user; `leave` is to follow.
  /// - Throws: `unavailable` while something goes alone.
  mutating func enter() throws(ControlError) {
    if let alone { throw .unavailable("\(alone) is under way; try again when it is done") }
    changes += 1
  }

  mutating func leave() {
    changes -= 1
    if changes == 0 { resumeWaiter() }
  }

  /// Lets no change begin any more; `open` is to follow.
  /// - Parameter what: such as `a reload`.
  /// - Throws: `conflict` when something else goes alone.
  mutating func close(for what: String) throws(ControlError) {
    if let alone { throw .conflict("\(alone) is under way already") }
    alone = what
  }

  /// Whether changes that began before are under way.
  var isBusy: Bool { changes > 0 }

  /// Who is to be resumed when none is any more.
  mutating func await(_ continuation: CheckedContinuation<Void, Never>) {
    waiter = continuation
  }

  /// Lets changes begin again.
  mutating func open() {
    alone = nil
  }

  private mutating func resumeWaiter() {
    waiter?.resume()
    waiter = nil
  }
}

extension Supervisor {
  /// Does something that concerns all users, after the changes under way and before any other.
  func goAlone<Result>(
    _ what: String, _ body: () async throws -> Result
  ) async throws -> Result {
    try changeGate.close(for: what)
    defer { changeGate.open() }
    if changeGate.isBusy {
      await withCheckedContinuation { changeGate.await($0) }
    }
    return try await body()
  }
}
