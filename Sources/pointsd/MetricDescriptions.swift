/// What each metric means, for the HELP lines of `/metrics`.
enum MetricDescriptions {
  static let all = [
    "pointsd_log_lines_dropped_total":
      "Log lines dropped because the reader of the log stood still, or its disk is full.",
    "pointsd_pool_connections": "Open connections to the database.",
    "pointsd_pool_connections_busy": "Connections in use or being opened.",
    "pointsd_pool_waiters": "Callers waiting for a connection.",
    "pointsd_pool_connect_failures_total": "Connects that failed.",
    "pointsd_ticks_total": "Ticks done, over all intervals.",
    "pointsd_credited_rows_total": "Rows that ticks changed.",
    "pointsd_users_in_trouble": "Users that the last tick could not credit.",
    "pointsd_users_late": "Users whose tick is late.",
    "pointsd_database_up": "1 while the database answers on its health connection.",
    "pointsd_ledger_retries_total": "Statements sent again, by MariaDB's error number.",
    "pointsd_configuration_current": "1 unless the last reload was refused.",
    "pointsd_reloads_total": "Reloads asked for, by outcome.",
    "pointsd_ledger_differences": "Differences that the last check of the ledger found.",
    "pointsd_servers": "Servers by status.",
    "pointsd_lane_answers_total": "Answers given to TCP clients.",
    "pointsd_lane_stale_answers_total": "Answers from last known values.",
    "pointsd_lane_connections_accepted_total": "TCP connections accepted.",
    "pointsd_lane_connections_refused_total": "TCP connections over a limit.",
    "pointsd_lane_group_reads_total": "Queries that answered groups of requests.",
    "pointsd_lane_group_reads_failed_total": "Such queries that failed.",
  ]
}
