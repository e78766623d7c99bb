import Synchronization

/// What was reported, in order: faults of listeners, lines of a log.
final class Faults: Sendable {
  private let reported = Mutex<[String]>([])

  func add(_ reason: String) { reported.withLock { $0.append(reason) } }

  /// The first fault, as soon as there is one.
  func first() async throws -> String {
    try await waitWhile { reported.withLock { $0.isEmpty } }
    return reported.withLock { $0[0] }
  }

  /// Takes out what was reported so far.
  func takeAll() -> [String] {
    reported.withLock { reported in
      defer { reported = [] }
      return reported
    }
  }
}
