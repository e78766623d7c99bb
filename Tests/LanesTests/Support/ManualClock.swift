import Dispatch
import Lanes
import Synchronization

/// A clock that stands still until a test moves it.
final class ManualClock: LaneClock {
  private struct State {
    var now: Int64 = 1_000_000_000
    var alarms: [Alarm] = []
  }

  private let state = Mutex(State())
  /// Waits until nothing goes on that began before time moves.
  private let settle: @Sendable () -> Void

  init(settle: @escaping @Sendable () -> Void = {}) { self.settle = settle }

  func now() -> Int64 { state.withLock { $0.now } }

  func makeAlarm(on queue: DispatchQueue) -> any LaneAlarm {
    let alarm = Alarm(queue: queue)
    state.withLock { $0.alarms.append(alarm) }
    return alarm
  }

  /// Moves time on. The alarms that are due have rung, and what they began has ended, when this
  /// returns.
  func advance(milliseconds: Int64) {
    settle()
    defer { settle() }
    let (now, alarms) = state.withLock { state in
      state.now += milliseconds * 1_000_000
      return (state.now, state.alarms)
    }
    for alarm in alarms { alarm.ringIfDue(now) }
  }

  final class Alarm: LaneAlarm {
    private struct State {
      var moment: Int64?
      var ring: (@Sendable () -> Void)?
    }

    private let queue: DispatchQueue
    private let state = Mutex(State())

    init(queue: DispatchQueue) { self.queue = queue }

    func activate(ring: @escaping @Sendable () -> Void) { state.withLock { $0.ring = ring } }

    func set(to moment: Int64) { state.withLock { $0.moment = moment } }

    func cancel() { state.withLock { $0 = State() } }

    func ringIfDue(_ now: Int64) {
      // On the lane's queue, behind everything the lane has at hand.
      queue.sync {
        let ring: (@Sendable () -> Void)? = state.withLock { state in
          guard let moment = state.moment, moment <= now else { return nil }
          state.moment = nil
          return state.ring
        }
        ring?()
      }
    }
  }
}
