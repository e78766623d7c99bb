import Dispatch

/// Where a pool takes time and chance from; tests bring their own.
public struct PoolTime: Sendable {
  /// Milliseconds of a clock that never goes back.
  let nowMilliseconds: @Sendable () -> Int64
  /// Calls the closure after so many milliseconds, on any thread.
  let after: @Sendable (Int64, @escaping @Sendable () -> Void) -> Void
  /// A number from 0 to 1.
  let random: @Sendable () -> Double

  public init(
    nowMilliseconds: @escaping @Sendable () -> Int64,
    after: @escaping @Sendable (Int64, @escaping @Sendable () -> Void) -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.nowMilliseconds = nowMilliseconds
    self.after = after
    self.random = random
  }

  /// The machine's own clock.
  public static var system: PoolTime {
    let queue = DispatchQueue(label: "pointsd.pool.time")
    return PoolTime(
      nowMilliseconds: { Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000) },
      after: { queue.asyncAfter(deadline: .now() + .milliseconds(Int($0)), execute: $1) },
      random: { Double.random(in: 0...1) })
  }
}
