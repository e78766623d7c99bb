import Metrics
import Telemetry

/// The figures of a pool.
struct PoolMetrics: Sendable {
  private let open: Gauge
  private let idle: Gauge
  private let busy: Gauge
  private let waiters: Gauge
  /// How long those waited who got a connection.
  let wait: Timer
  let connectFailures: Counter
  /// Those who got none: the deadline passed, the database was away or the pool closed.
  let refusals: Counter

  /// - Parameter name: distinguishes the figures from those of other pools.
  init(name: String?) {
    let dimensions = name.map { [("pool", $0)] } ?? []
    func gauge(_ name: String, _ help: String) -> Gauge {
      Metric("pointsd_pool_\(name)", help: help).gauge(dimensions)
    }
    open = gauge("connections", "Open connections to the database.")
    idle = gauge("connections_idle", "Open connections that nobody uses.")
    busy = gauge("connections_busy", "Connections in use or being opened.")
    waiters = gauge("waiters", "Callers waiting for a connection.")
    wait = Metric(
      "pointsd_pool_wait_seconds", help: "How long callers waited who got a connection."
    ).timer(dimensions)
    connectFailures = Metric(
      "pointsd_pool_connect_failures_total", help: "Connects that failed."
    ).counter(dimensions)
    refusals = Metric(
      "pointsd_pool_refusals_total",
      help: "Callers that got no connection: the deadline passed, or the database was away."
    ).counter(dimensions)
  }

  func record(_ machine: PoolMachine) {
    open.record(machine.open)
    idle.record(machine.idle)
    busy.record(machine.leased)
    waiters.record(machine.waiting)
  }
}
