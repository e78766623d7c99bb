import ConfigurationFile
import Dashboard
import Lanes
import Ledger
import Logging
import ManagedDatabase
import MariaDB
import Metrics
import Points
import ServiceLifecycle
import Supervisor
import Systemd
import Telemetry

/// The wiring: which part gets which.
enum Daemon {
  /// Runs until asked to stop.
  /// - Parameter signals: among them those that ask for it.
  /// - Returns: whether the runs were closed; if not, their time will be credited.
  static func run(
    _ configuration: Configuration, budget: DescriptorBudget, selected: Set<String>?,
    source: ConfigurationSource, signals: Signals.Awaited
  ) async throws -> Bool {
    let logger = Logger(label: "pointsd")
    DashboardService.limitEventLoops(to: budget.eventLoops)
    for warning in configuration.warnings() {
      logger.warning("\(warning)", metadata: ["event": "configuration"])
    }
    let metrics = PrometheusRegistry()
    MetricsSystem.bootstrap(metrics)
    Metric("pointsd_build_info", help: "Always 1; the labels say what runs.")
      .gauge([("version", Version.current)]).record(1)
    let droppedLines = Metric(
      "pointsd_log_lines_dropped_total",
      help: "Log lines dropped because the reader of the log stood still, or its disk is full."
    ).counter()
    droppedLines.increment(by: 0)
    LogOutput.reportDropped { droppedLines.increment(by: $0) }
    ClientPrograms.removeLeftovers()
    do {
      let parts = try Parts(
        configuration, budget: budget, selected: selected, source: source, metrics: metrics,
        logger: logger)
      try await parts.run(signals)
      logger.notice("stopped", metadata: ["event": "stop"])
      return parts.supervisorService.runsClosed
    } catch {
      logger.critical("\(error)", metadata: ["event": "stop"])
      throw ExitStatus.of(error)
    }
  }
}
