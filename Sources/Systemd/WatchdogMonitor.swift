/// What a long-lived part shows of its progress.
public enum Progress: Sendable, Equatable {
  /// How much it has done so far; any change is progress.
  case count(UInt64)
  /// It has nothing to do, and may stand still.
  case idle
}

/// Decides whether the daemon is alive, by comparing each part's progress with the last look.
struct WatchdogMonitor: Sendable {
  private var last: [String: Progress] = [:]

  /// Takes the parts' progress and says which of them stood still since the last call, by name.
  /// A part seen for the first time counts as moving.
  mutating func standing(_ readings: [(name: String, progress: Progress)]) -> [String] {
    var standing: [String] = []
    for (name, progress) in readings {
      if case .count = progress, last[name] == progress { standing.append(name) }
      last[name] = progress
    }
    return standing
  }
}
