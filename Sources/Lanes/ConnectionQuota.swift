import Synchronization

/// The places for connections that all lanes share.
final class ConnectionQuota: Sendable {
  /// Descriptors left for everything that is no client: database, HTTP, logs, epoll sets.
  static let reserve = 128

  private let limit: Int
  private let descriptors: Int
  private let used = Atomic(0)
  private let listeners = Atomic(0)

  /// - Parameters:
  ///   - limit: clients at a time, as configured.
  ///   - descriptors: the process's limit of descriptors.
  init(limit: Int, descriptors: Int) {
    self.limit = limit
    self.descriptors = descriptors
  }

  /// Takes a place; false when there is none.
  func take() -> Bool {
    let room = min(limit, descriptors - Self.reserve - listeners.load(ordering: .relaxed))
    if used.add(1, ordering: .relaxed).newValue <= max(room, 1) { return true }
    used.subtract(1, ordering: .relaxed)
    return false
  }

  func giveBack() { used.subtract(1, ordering: .relaxed) }

  /// A listener was opened (+1) or closed (-1): it takes a descriptor.
  func listenersChanged(by count: Int) { listeners.add(count, ordering: .relaxed) }
}
