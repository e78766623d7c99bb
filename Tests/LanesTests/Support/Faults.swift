import Synchronization

/// What listeners told of themselves.
final class Faults: Sendable {
  private let told = Mutex<[String]>([])

  func add(_ reason: String) { told.withLock { $0.append(reason) } }

  /// Returns when a fault was told.
  func first() async -> String {
    while true {
      if let first = told.withLock({ $0.first }) { return first }
      await Task.yield()
    }
  }
}
