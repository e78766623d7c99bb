/// Where the supervisor takes time from; tests bring their own.
public struct TimeSource: Sendable {
  /// Milliseconds of a clock that never goes back.
  public let monotonicMilliseconds: @Sendable () -> Int64
  /// Milliseconds since 1970-01-01 UTC by this machine's clock: for what people read, never for
  /// points.
  public let wallMilliseconds: @Sendable () -> Int64
  /// Throws `CancellationError` when the task is cancelled.
  public let sleep: @Sendable (Duration) async throws -> Void
  /// A number from 0 to 1, for jitter.
  public let random: @Sendable () -> Double

  public init(
    monotonicMilliseconds: @escaping @Sendable () -> Int64,
    wallMilliseconds: @escaping @Sendable () -> Int64,
    sleep: @escaping @Sendable (Duration) async throws -> Void,
    random: @escaping @Sendable () -> Double
  ) {
    self.monotonicMilliseconds = monotonicMilliseconds
    self.wallMilliseconds = wallMilliseconds
    self.sleep = sleep
    self.random = random
  }
}
