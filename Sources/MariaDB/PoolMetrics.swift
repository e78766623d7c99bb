import Metrics

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
    open = Gauge(label: "pointsd_pool_connections", dimensions: dimensions)
    idle = Gauge(label: "pointsd_pool_connections_idle", dimensions: dimensions)
    busy = Gauge(label: "pointsd_pool_connections_busy", dimensions: dimensions)
    waiters = Gauge(label: "pointsd_pool_waiters", dimensions: dimensions)
    wait = Timer(label: "pointsd_pool_wait_seconds", dimensions: dimensions)
    connectFailures = Counter(
      label: "pointsd_pool_connect_failures_total", dimensions: dimensions)
    refusals = Counter(label: "pointsd_pool_refusals_total", dimensions: dimensions)
  }

  func record(_ machine: PoolMachine) {
    open.record(machine.open)
    idle.record(machine.idle)
    busy.record(machine.leased)
    waiters.record(machine.waiting)
  }
}
