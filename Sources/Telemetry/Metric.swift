import Metrics

/// A metric of this program: declared once, where it is counted, with its name and what it means.
public struct Metric: Sendable {
  /// In Prometheus' form, such as `pointsd_ticks_total`: counters end in `_total`, units are base units.
  let name: String
  /// One sentence, for the HELP line of `/metrics`.
  let help: String

  public init(_ name: String, help: String) {
    self.name = name
    self.help = help
  }

  public func counter(
    _ labels: [(String, String)] = [], in factory: any MetricsFactory = MetricsSystem.factory
  ) -> Counter {
    describe(in: factory)
    return Counter(label: name, dimensions: labels, factory: factory)
  }

  public func gauge(
    _ labels: [(String, String)] = [], in factory: any MetricsFactory = MetricsSystem.factory
  ) -> Gauge {
    describe(in: factory)
    return Gauge(label: name, dimensions: labels, factory: factory)
  }

  /// A histogram of durations in seconds.
  public func timer(
    _ labels: [(String, String)] = [], in factory: any MetricsFactory = MetricsSystem.factory
  ) -> Timer {
    describe(in: factory)
    return Timer(label: name, dimensions: labels, factory: factory)
  }

  private func describe(in factory: any MetricsFactory) {
    (factory as? PrometheusRegistry)?.describe(name, help)
  }
}
