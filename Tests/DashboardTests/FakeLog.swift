import Points
import Synchronization

/// A log with the entries that a test gives it.
final class FakeLog: LogHistory {
  /// Whether a stream goes on until its reader leaves.
  let isEndless: Bool
  private let open = Atomic(0)
  private let state = Mutex<(entries: [LogEntry], ended: Bool)>(([], false))

  init(isEndless: Bool = false) {
    self.isEndless = isEndless
  }

  /// Streams that are not over.
  var followers: Int { open.load(ordering: .relaxed) }

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
  func follow() -> LogFollowing {
    let known = entries(after: 0)
    add("later")
    let more = entries(after: known.count)
    let (stream, continuation) = AsyncStream.makeStream(of: LogEntry.self)
    for entry in known + more { continuation.yield(entry) }
    if isEndless {
      open.add(1, ordering: .relaxed)
      continuation.onTermination = { _ in self.open.subtract(1, ordering: .relaxed) }
    } else {
      continuation.finish()
    }
    return LogFollowing(entries: stream) { continuation.finish() }
  }

  func endFollowers() {}
}
