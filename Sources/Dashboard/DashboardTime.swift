import Glibc
import Points

/// Where the HTTP service takes time from; tests bring their own.
struct DashboardTime: Sendable {
  /// The moment, for people.
  let now: @Sendable () -> DateTimeStamp
  /// A clock that never goes back.
  let monotonicNanoseconds: @Sendable () -> Int64
  /// Throws `CancellationError` when the task is cancelled.
  let sleep: @Sendable (Duration) async throws -> Void

  static let system = DashboardTime(
    now: { DateTimeStamp(secondsSinceEpoch: Int64(Glibc.time(nil))) },
    monotonicNanoseconds: {
      var moment = timespec()
      clock_gettime(CLOCK_MONOTONIC, &moment)
      return Int64(moment.tv_sec) * 1_000_000_000 + Int64(moment.tv_nsec)
    },
    sleep: { try await Task.sleep(for: $0) })
}
