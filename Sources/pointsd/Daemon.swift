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
  /// - Returns: whether the runs were closed; if not, their time will be credited.
  static func run(
    _ configuration: Configuration, selected: Set<String>?, source: ConfigurationSource
  ) async throws -> Bool {
    let logger = Logger(label: "pointsd")
    for warning in configuration.warnings() {
      logger.warning("\(warning)", metadata: ["event": "configuration"])
    }
    let metrics = PrometheusRegistry(
      descriptions: MetricDescriptions.all.merging(DashboardService.metricDescriptions) { $1 })
    MetricsSystem.bootstrap(metrics)
    do {
      let parts = try Parts(
        configuration, selected: selected, source: source, metrics: metrics, logger: logger)
      try await parts.run()
      logger.notice("stopped", metadata: ["event": "stop"])
      return parts.supervisorService.runsClosed
    } catch {
      logger.critical("\(error)", metadata: ["event": "stop"])
      throw ExitStatus.of(error)
    }
  }
}
