import Glibc
import Logging
import Points
import Synchronization

/// The newest entries of this process's log, in memory.
public final class RecentLog: LogHistory {
  private struct State {
    /// A ring once it is full: the next entry replaces the oldest.
    var entries: [LogEntry] = []
    var sequence = 0
    var followers: [Int: AsyncStream<LogEntry>.Continuation] = [:]
    var nextFollower = 0
  }

  private let state = Mutex(State())
  private let capacity: Int
  private static let followerCapacity = 1024

  /// - Parameter capacity: how many entries are kept.
  public init(capacity: Int = 5000) {
    self.capacity = capacity
  }

  /// Takes an entry as a handler gets it.
  func add(_ event: LogEvent, _ metadata: Logger.Metadata) {
    let seconds = Int64(time(nil))
    state.withLock { state in
      state.sequence += 1
      let entry = LogEntry(
        sequence: state.sequence, time: DateTimeStamp(secondsSinceEpoch: seconds),
        level: event.level.rawValue, message: "\(event.message)",
        user: metadata["user"].map { "\($0)" }, server: metadata["server"].map { "\($0)" },
        event: metadata["event"].map { "\($0)" })
      if state.entries.count < capacity {
        state.entries.append(entry)
      } else {
        state.entries[(state.sequence - 1) % capacity] = entry
      }
      for (number, follower) in state.followers {
        if case .enqueued = follower.yield(entry) { continue }
        follower.finish()
        state.followers[number] = nil
      }
    }
  }

  public func entries(after sequence: Int) -> [LogEntry] {
    state.withLock { state in
      let oldest = state.sequence % max(state.entries.count, 1)
      let ordered =
        state.entries.count < capacity
        ? state.entries : Array(state.entries[oldest...] + state.entries[..<oldest])
      return ordered.filter { $0.sequence > sequence }
    }
  }

  public func follow() -> LogFollowing {
    let (stream, continuation) = AsyncStream.makeStream(
      of: LogEntry.self, bufferingPolicy: .bufferingOldest(Self.followerCapacity))
    let number = state.withLock { state in
      defer { state.nextFollower += 1 }
      state.followers[state.nextFollower] = continuation
      return state.nextFollower
    }
    continuation.onTermination = { [weak self] _ in
      self?.forget(number)
    }
    return LogFollowing(entries: stream) { continuation.finish() }
  }

  private func forget(_ number: Int) {
    // Its own end is reported while the lock is held: nothing is left to forget then.
    _ = state.withLockIfAvailable { $0.followers.removeValue(forKey: number) }
  }

  public func endFollowers() {
    let followers = state.withLock { state in
      defer { state.followers = [:] }
      return state.followers.values
    }
    for follower in followers { follower.finish() }
  }
}
