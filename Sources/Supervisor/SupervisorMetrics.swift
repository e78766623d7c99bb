import Metrics
import Points

/// What the supervisor counts for `/metrics`.
struct SupervisorMetrics {
  private let ticks = Counter(label: "pointsd_ticks_total")
  private let credited = Counter(label: "pointsd_credited_rows_total")
  private let troubled = Gauge(label: "pointsd_users_in_trouble")
  private let late = Gauge(label: "pointsd_users_late")
  private let databaseUp = Gauge(label: "pointsd_database_up")
  private let configurationCurrent = Gauge(label: "pointsd_configuration_current")
  private let differences = Gauge(label: "pointsd_ledger_differences")
  private let servers: [(state: ServerState, gauge: Gauge)] = ServerState.allCases.map { state in
    (state, Gauge(label: "pointsd_servers", dimensions: [("status", state.rawValue)]))
  }

  init() { configurationCurrent.record(1) }

  func ticked(_ outcome: TickOutcome) {
    ticks.increment()
    credited.increment(by: outcome.rows.count)
    troubled.record(outcome.uncreditedUsers.count)
  }

  func late(_ users: [String]) { late.record(users.count) }

  func database(_ condition: DatabaseCondition) {
    if case .available = condition { databaseUp.record(1) } else { databaseUp.record(0) }
  }

  func configuration(_ condition: ConfigurationCondition) {
    let (current, outcome) = if case .current = condition { (1, "done") } else { (0, "refused") }
    configurationCurrent.record(current)
    Counter(label: "pointsd_reloads_total", dimensions: [("outcome", outcome)]).increment()
  }

  func verified(_ verification: Verification) {
    differences.record(verification.differences.count)
  }

  func servers(_ servers: [Server]) {
    let counts = Dictionary(grouping: servers, by: \.state).mapValues(\.count)
    for (state, gauge) in self.servers { gauge.record(counts[state] ?? 0) }
  }
}
