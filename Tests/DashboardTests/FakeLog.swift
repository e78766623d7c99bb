import Points
import Synchronization

/// A log with the entries that a test gives it.
final class FakeLog: LogHistory {
  private let state = Mutex<(entries: [LogEntry], ended: Bool)>(([], false))

  func add(_ message: String, user: String? = nil) {
    state.withLock { state in
      state.entries.append(
        LogEntry(
          sequence: state.entries.count + 1, time: DateTimeStamp(secondsSinceEpoch: 0),
          level: "info", message: message, user: user, server: nil, event: "test"))
    }
  }

  func entries(after sequence: Int) -> [LogEntry] {
    state.withLock { $0.entries.filter { $0.sequence > sequence } }
  }

  /// A stream with everything so far and two more, which ends.
  func follow() -> AsyncStream<LogEntry> {
    let known = entries(after: 0)
    add("later")
    let more = entries(after: known.count)
    return AsyncStream { continuation in
      for entry in known + more { continuation.yield(entry) }
      continuation.finish()
    }
  }

  func endFollowers() {}
}
