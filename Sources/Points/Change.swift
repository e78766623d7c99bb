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
  /// Pause, or resume when paused; refused for a stopped user.
  case toggle
  /// Points become 0, by an adjustment of minus the settled points.
  case reset
  /// Points change by `delta`; refused when they would fall below 0.
  case adjust(delta: Int64)
}

extension Change {
  /// The change in one word, for tables and log.
  public var word: String {
    switch self {
    case .start: "start"
    case .stop: "stop"
    case .pause: "pause"
    case .resume: "resume"
    case .toggle: "toggle"
    case .reset: "reset"
    case .adjust: "adjust"
    }
  }

  /// Whether it says what the user does from now on.
  public var isIntent: Bool {
    switch self {
    case .start, .stop, .pause, .resume, .toggle: true
    case .reset, .adjust: false
    }
  }
}
