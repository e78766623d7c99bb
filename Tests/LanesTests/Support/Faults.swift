import Synchronization

/// What listeners told of themselves.
final class Faults: Sendable {
  private let told = Mutex<[String]>([])

  func add(_ reason: String) { told.withLock { $0.append(reason) } }

  /// The first fault, as soon as there is one.
  func first() async throws -> String {
    try await waitWhile { told.withLock { $0.isEmpty } }
    return told.withLock { $0[0] }
  }
}
