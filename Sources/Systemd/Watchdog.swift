import CSystemd
import Logging

/// Feeds the service manager's watchdog while every part of the daemon makes progress, so that a
/// daemon that hangs is restarted. An outage of the database is no reason to stop feeding: probes
/// must be of parts that keep going without it.
public struct Watchdog: Sendable {
  private let deadline: Duration
  private let probes: [ProgressProbe]
  private let notifier: Notifier
  private let logger: Logger
  private let sleep: @Sendable (Duration) async throws -> Void

  /// The deadline that the service manager set for this process (`WATCHDOG_USEC`), nil if none.
  public static var deadline: Duration? {
    var microseconds: UInt64 = 0
    return sd_watchdog_enabled(0, &microseconds) > 0 ? .microseconds(microseconds) : nil
  }

  /// - Parameters:
  ///   - deadline: the longest time between two feedings; the parts are looked at four times in it.
  ///   - sleep: waits; throws when the task is cancelled.
  public init(
    deadline: Duration, probes: [ProgressProbe], notifier: Notifier, logger: Logger,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.deadline = deadline
    self.probes = probes
    self.notifier = notifier
    self.logger = logger
    self.sleep = sleep
  }

  /// Looks and feeds until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      for probe in probes {
        guard let answer = probe.answer else { continue }
        // Twice as often as the looks, so that a part that answers has moved at each look.
        group.addTask { await repeating(every: deadline / 8) { await answer() } }
      }
      var monitor = WatchdogMonitor()
      var reported: [String] = []
      await repeating(every: deadline / 4) {
        reported = look(&monitor, reported: reported)
      }
    }
  }

  /// One look at the parts: feeds if none stands still, and names in the log those that do.
  /// - Returns: the parts that stand still.
  private func look(_ monitor: inout WatchdogMonitor, reported: [String]) -> [String] {
    let standing = monitor.standing(probes.map { ($0.name, $0.read()) })
    if standing.isEmpty {
      notifier.watchdog()
      if !reported.isEmpty {
        logger.notice("every part makes progress again", metadata: ["event": "watchdog"])
      }
    } else if standing != reported {
      let names = standing.joined(separator: ", ")
      logger.error(
        """
        no progress in \(names): the watchdog is not fed, and the service manager restarts \
        pointsd in at most \(deadline) unless it goes on
        """, metadata: ["event": "watchdog"])
      notifier.status("no progress in \(names)")
    }
    return standing
  }

  private func repeating(every pause: Duration, _ work: () async -> Void) async {
    while !Task.isCancelled {
      await work()
      do { try await sleep(pause) } catch { return }
    }
  }
}
