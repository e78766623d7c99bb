import Glibc
import Supervisor

extension TimeSource {
  /// This machine's clocks.
  static var system: TimeSource {
    TimeSource(
      monotonicMilliseconds: { milliseconds(of: CLOCK_MONOTONIC) },
      wallMilliseconds: { milliseconds(of: CLOCK_REALTIME) },
      sleep: { try await Task.sleep(for: $0) },
      random: { Double.random(in: 0...1) })
  }

  private static func milliseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
