import Metrics
import Synchronization

/// Keeps every metric of the process and renders them in Prometheus' text format: the backend for
/// swift-metrics that the daemon bootstraps at its start.
///
/// Counters become counters, gauges and meters gauges, timers and aggregating recorders histograms
/// (timers in seconds). A metric has at most `seriesLimit` label sets; what goes beyond is counted
/// together under the label `overflow="true"`, so that no label can fill the memory.
public final class PrometheusRegistry: MetricsFactory, Sendable {
  /// The kind of a metric as the text format names it.
  enum Kind: String, Sendable {
    case counter
    case gauge
    case histogram
  }

  /// One label set of a metric.
  enum Cell: Sendable {
    case counter(CounterCell)
    case gauge(GaugeCell)
    case histogram(HistogramCell)
  }

  /// All label sets of a metric.
  struct Family: Sendable {
    let kind: Kind
    /// By their rendered labels.
    var series: [String: Cell] = [:]
  }

  let families = Mutex<[String: Family]>([:])
  /// One sentence for each metric name.
  let descriptions = Mutex<[String: String]>([:])
  private let seriesLimit: Int

  /// - Parameter seriesLimit: label sets a metric may have.
  public init(seriesLimit: Int = 1000) {
    self.seriesLimit = seriesLimit
  }

  /// Takes what a metric means, for its HELP line; the first text counts.
  func describe(_ name: String, _ help: String) {
    descriptions.withLock { if $0[name] == nil { $0[name] = help } }
  }

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    counter(label, dimensions)
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    counter(label, dimensions)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    gauge(label, dimensions)
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    if aggregate { histogram(label, dimensions) } else { gauge(label, dimensions) }
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions)
  }

  // Handlers are shared by everybody who names the same metric, so none is ever taken away.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterCell {
    let cell = cell(label, dimensions, kind: .counter) { .counter(CounterCell()) }
    guard case .counter(let counter) = cell else { return CounterCell() }
    return counter
  }

  private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
    let cell = cell(label, dimensions, kind: .gauge) { .gauge(GaugeCell()) }
    guard case .gauge(let gauge) = cell else { return GaugeCell() }
    return gauge
  }

  private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramCell {
    let cell = cell(label, dimensions, kind: .histogram) { .histogram(HistogramCell()) }
    guard case .histogram(let histogram) = cell else { return HistogramCell() }
    return histogram
  }

  /// The cell of a metric's label set; nil when the name already belongs to another kind, whose
  /// figures then stay unseen rather than make the whole page unreadable for Prometheus.
  private func cell(
    _ label: String, _ dimensions: [(String, String)], kind: Kind, make: () -> Cell
  ) -> Cell? {
    let name = PrometheusText.metricName(label)
    let labels = PrometheusText.labels(dimensions)
    return families.withLock { families in
      var family = families[name] ?? Family(kind: kind)
      guard family.kind == kind else { return nil }
      let full = family.series.count >= seriesLimit && family.series[labels] == nil
      let key = full ? PrometheusText.labels([("overflow", "true")]) : labels
      if let known = family.series[key] { return known }
      let cell = make()
      family.series[key] = cell
      families[name] = family
      return cell
    }
  }
}
