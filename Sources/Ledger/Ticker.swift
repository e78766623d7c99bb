import Points

/// Drives the updaters of all users that have one interval, by the database's clock.
///
/// The slots are the database's, so this machine's clock decides only how long to sleep: too short
/// or too long a sleep makes a tick early or late, never wrong.
public struct Ticker: Sendable {
  private let store: any TickStore
  private let intervalMilliseconds: Int64
  private let clock: any Clock<Duration>
  private let random: @Sendable () -> Double

  /// - Parameter random: a number from 0 to 1, for jitter.
  public init(
    store: any TickStore, intervalMilliseconds: Int64,
    clock: any Clock<Duration> = ContinuousClock(),
    random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
  ) {
    self.store = store
    self.intervalMilliseconds = intervalMilliseconds
    self.clock = clock
    self.random = random
  }

  /// Ticks until the task is cancelled.
  public func run(_ report: @Sendable (TickReport) async -> Void) async {
    var schedule = TickSchedule(intervalMilliseconds: intervalMilliseconds)
    while !Task.isCancelled {
      let pause: Int64
      do {
        let outcome = try await store.tick(intervalMilliseconds: intervalMilliseconds)
        await report(.done(outcome))
        pause = schedule.pause(after: outcome)
      } catch {
        guard !Task.isCancelled else { return }
        await report(.away("\(error)"))
        pause = schedule.pauseAfterFailure(random: random())
      }
      do {
        try await clock.sleep(for: .milliseconds(pause))
      } catch {
        return
      }
    }
  }
}
