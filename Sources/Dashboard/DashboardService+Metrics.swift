extension DashboardService {
  /// One sentence for each metric of the HTTP service, for `PrometheusRegistry`.
  public static let metricDescriptions = [
    "pointsd_http_requests_total": "HTTP requests answered, by route, method and status.",
    "pointsd_http_request_seconds": "Time until an HTTP request was answered, by route.",
    "pointsd_http_connections": "Open connections, by their share of the descriptors.",
    "pointsd_descriptor_share": "Connections that each share may hold.",
    "pointsd_http_connections_refused_total": "Connections closed because their share was full.",
    "pointsd_http_connections_evicted_total": "Connections closed to make room in their share.",
    "pointsd_event_listeners": "Listeners of /api/events.",
    "pointsd_event_listeners_dropped_total": "Listeners disconnected because they took nothing.",
    "pointsd_events_total": "Events sent to listeners of /api/events.",
    "pointsd_servers": "Servers, by their status.",
    "pointsd_clients": "Clients connected to the servers.",
    "pointsd_client_requests": "Requests that the servers answered since the daemon started.",
    "pointsd_late_users": "Users whose ticks are late.",
    "pointsd_ready": "1 when the daemon is ready, else 0.",
    "pointsd_database_available": "1 when the database answers, else 0.",
  ]
}
