import Metrics
import Points
import Telemetry

/// What the supervisor counts for `/metrics`.
struct SupervisorMetrics {
  private let ticks = Metric("pointsd_ticks_total", help: "Ticks done, over all intervals.")
    .counter()
  private let credited = Metric("pointsd_credited_rows_total", help: "Rows that ticks changed.")
    .counter()
  private let uncredited = Metric(
    "pointsd_users_uncredited", help: "Users that the last tick could not credit."
  ).gauge()
  private let uncreditedOldName = Metric(
    "pointsd_users_in_trouble",
    help: "Deprecated, gone in the next version: pointsd_users_uncredited."
  ).gauge()
  private let configurationCurrent = Metric(
    "pointsd_configuration_current", help: "1 unless the last reload was refused."
  ).gauge()
  private let differences = Metric(
    "pointsd_ledger_differences", help: "Differences that the last check of the ledger found."
  ).gauge()
  private let reloads = Metric("pointsd_reloads_total", help: "Reloads asked for, by outcome.")

  init() { configurationCurrent.record(1) }

  func ticked(_ outcome: TickOutcome) {
    ticks.increment()
    credited.increment(by: outcome.rows.count)
  }

  func uncredited(_ count: Int) {
    uncredited.record(count)
    uncreditedOldName.record(count)
  }

  func configuration(_ condition: ConfigurationCondition) {
    let (current, outcome) = if case .current = condition { (1, "done") } else { (0, "refused") }
    configurationCurrent.record(current)
    reloads.counter([("outcome", outcome)]).increment()
  }

  func verified(_ verification: Verification) {
    differences.record(verification.differences.count)
  }
}
