/// What can be asked of one user.
public enum Change: Sendable, Hashable {
  /// Run: the listener is up and, unless paused, points are earned.
  case start
  /// Do not run: the listener is closed and nothing is earned.
  case stop
  /// The listener answers, nothing is earned.
  case pause
  /// Earn again.
  case resume
  /// Points become 0, by an adjustment of minus the settled points.
  case reset
  /// Points change by `delta`; refused when they would fall below 0.
  case adjust(delta: Int64)
}
