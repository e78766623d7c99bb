import Metrics
import Points
import Telemetry

/// The gauges that follow from the supervisor's state, asked for when `/metrics` is.
struct StateMetrics {
  let control: any Control
  let registry: PrometheusRegistry

  func record() async {
    let servers = await control.servers()
    for state in ServerState.allCases {
      set(
        Metric("pointsd_servers", help: "Servers, by their status."),
        [("status", state.rawValue)], Double(servers.count { $0.status == state }))
    }
    set("pointsd_clients", "Clients connected to the servers.") {
      servers.reduce(0) { $0 + $1.connections }
    }
    let requests = servers.reduce(0) { $0 + $1.requests }
    set("pointsd_client_requests", Self.deprecated("the sum of pointsd_lane_answers_total")) {
      requests
    }
    let late = await control.late().count
    set("pointsd_users_late", "Users whose tick is late.") { late }
    set("pointsd_late_users", Self.deprecated("pointsd_users_late")) { late }
    let isReady = await control.readinessFailure() == nil
    set("pointsd_ready", "1 when the daemon is ready, else 0.") { isReady ? 1 : 0 }
    let isUp = if case .available = await control.database() { 1 } else { 0 }
    set("pointsd_database_up", "1 while the database answers.") { isUp }
    set("pointsd_database_available", Self.deprecated("pointsd_database_up")) { isUp }
    set(
      Metric(
        "pointsd_process_start_time_seconds",
        help: "When the daemon started, in seconds since 1970-01-01 UTC."),
      [], Double(control.startedMilliseconds) / 1000)
    await recordPoints()
  }

  /// Not a number while no value is known: an old one would pass for the present one.
  private func recordPoints() async {
    let reading = try? await control.users()
    set(
      Metric(
        "pointsd_points",
        help: "Points of all users together; the last known ones while the database is away."),
      [], reading?.value.reduce(0) { $0 + Double($1.points) } ?? .nan)
    set(
      Metric(
        "pointsd_points_age_seconds",
        help: "Age of pointsd_points: 0 when read just now, else that of the last known ones."),
      [], reading.map { Double($0.staleSeconds ?? 0) } ?? .nan)
  }

  private static func deprecated(_ successor: String) -> String {
    "Deprecated, gone in the next version: \(successor)."
  }

  private func set(_ name: String, _ help: String, _ value: () -> Int) {
    set(Metric(name, help: help), [], Double(value()))
  }

  private func set(_ metric: Metric, _ labels: [(String, String)], _ value: Double) {
    metric.gauge(labels, in: registry).record(value)
  }
}
