import Dispatch
import Glibc

/// Where a lane takes time from; tests bring their own.
package protocol LaneClock: Sendable {
  /// Nanoseconds since some moment; monotonic.
  func now() -> Int64

  /// An alarm that rings on `queue`, once it is activated.
  func makeAlarm(on queue: DispatchQueue) -> any LaneAlarm
}

/// One alarm of a clock, set and set again.
package protocol LaneAlarm: Sendable {
  /// To be called once, first: `ring` is what happens when the alarm rings.
  func activate(ring: @escaping @Sendable () -> Void)

  /// Rings once, at `moment` in the clock's nanoseconds; replaces the moment set before.
  func set(to moment: Int64)

  /// Never rings again.
  func cancel()
}

/// The machine's monotonic clock.
package struct SystemLaneClock: LaneClock {
  package init() {}

  package func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  package func makeAlarm(on queue: DispatchQueue) -> any LaneAlarm { SystemLaneAlarm(queue) }
}

private struct SystemLaneAlarm: LaneAlarm {
  // A dispatch source may be used from any thread, though Dispatch does not say so to the compiler.
  private nonisolated(unsafe) let timer: any DispatchSourceTimer

  init(_ queue: DispatchQueue) {
    timer = DispatchSource.makeTimerSource(queue: queue)
    // Armed from the start, and ringing for nothing once: the first timer of a process needs a
    // descriptor, and when none is left Dispatch ends the process.
    timer.schedule(deadline: .now() + .seconds(3600))
  }

  func activate(ring: @escaping @Sendable () -> Void) {
    timer.setEventHandler(handler: ring)
    timer.activate()
  }

  func set(to moment: Int64) {
    timer.schedule(
      deadline: DispatchTime(uptimeNanoseconds: UInt64(max(moment, 1))), leeway: .milliseconds(1))
  }

  func cancel() { timer.cancel() }
}
