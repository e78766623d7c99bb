import Synchronization

@testable import Supervisor

/// Time that stands still until a test moves it. A sleeper is known by how long it wants to sleep.
final class ManualTime: Sendable {
  private struct Sleeper {
    let duration: Duration
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var milliseconds: Int64 = 0
    var sleepers: [Int: Sleeper] = [:]
    var cancelled: Set<Int> = []
    var next = 0
    var watchers: [(duration: Duration, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())

  /// What the supervisor gets; jitter is 0.
  var source: TimeSource {
    TimeSource(
      monotonicMilliseconds: { self.state.withLock { $0.milliseconds } },
      wallMilliseconds: { self.state.withLock { 1_768_228_200_000 + $0.milliseconds } },
      sleep: { try await self.sleep($0) },
      random: { 0 })
  }

  /// Moves the clock without waking anybody.
  func advance(milliseconds: Int64) {
    state.withLock { $0.milliseconds += milliseconds }
  }

  /// Waits until a task sleeps for exactly `duration`, then wakes all who do.
  func wake(_ duration: Duration) async {
    await sleeper(of: duration)
    wakeSleepers(duration)
  }

  /// Wakes all who sleep for exactly `duration` now; waits for nobody.
  func wakeSleepers(_ duration: Duration) {
    let woken = state.withLock { state in
      let woken = state.sleepers.filter { $0.value.duration == duration }
      for identifier in woken.keys { state.sleepers[identifier] = nil }
      return woken.values
    }
    for sleeper in woken { sleeper.continuation.resume() }
  }

  /// Wakes the one who has slept longest of those who sleep for exactly `duration`.
  func wakeFirst(_ duration: Duration) {
    let first = state.withLock { state in
      state.sleepers.filter { $0.value.duration == duration }.keys.min()
        .flatMap { state.sleepers.removeValue(forKey: $0) }
    }
    first?.continuation.resume()
  }

  /// Waits until a task sleeps for exactly `duration`.
  func sleeper(of duration: Duration) async {
    await withCheckedContinuation { continuation in
      let sleeping = state.withLock { state in
        if state.sleepers.values.contains(where: { $0.duration == duration }) { return true }
        state.watchers.append((duration, continuation))
        return false
      }
      if sleeping { continuation.resume() }
    }
  }

  private func sleep(_ duration: Duration) async throws {
    let identifier = state.withLock { state in
      state.next += 1
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let (cancelled, watchers) = state.withLock { state in
          if state.cancelled.remove(identifier) != nil {
            return (true, [] as [CheckedContinuation<Void, Never>])
          }
          state.sleepers[identifier] = Sleeper(duration: duration, continuation: continuation)
          let met = state.watchers.filter { $0.duration == duration }.map(\.continuation)
          state.watchers.removeAll { $0.duration == duration }
          return (false, met)
        }
        if cancelled { continuation.resume(throwing: CancellationError()) }
        for watcher in watchers { watcher.resume() }
      }
    } onCancel: {
      let sleeper: Sleeper? = state.withLock { state in
        if let sleeper = state.sleepers.removeValue(forKey: identifier) { return sleeper }
        state.cancelled.insert(identifier)
        return nil
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }
}
