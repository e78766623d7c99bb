import Metrics

/// The figures of a pool.
struct PoolMetrics: Sendable {
  private let open = Gauge(label: "pointsd_pool_connections")
  private let idle = Gauge(label: "pointsd_pool_connections_idle")
  private let busy = Gauge(label: "pointsd_pool_connections_busy")
  private let waiters = Gauge(label: "pointsd_pool_waiters")
  /// How long those waited who got a connection.
  let wait = Timer(label: "pointsd_pool_wait_seconds")
  let connectFailures = Counter(label: "pointsd_pool_connect_failures_total")
  /// Those who got none: the deadline passed, the database was away or the pool closed.
  let refusals = Counter(label: "pointsd_pool_refusals_total")

  func record(_ machine: PoolMachine) {
    open.record(machine.open)
    idle.record(machine.idle)
    busy.record(machine.leased)
    waiters.record(machine.waiting)
  }
}
