import Metrics
import Testing

@testable import Telemetry

@Suite struct PrometheusTests {
  let registry = PrometheusRegistry()

  /// The lines of one metric.
  private func lines(_ name: String) -> [String] {
    registry.render().split(separator: "\n").map(String.init).filter { $0.contains(name) }
  }

  @Test func countersRise() {
    let counter = Metric("pointsd_ticks_total", help: "Ticks done.\nAll \\ of them.")
      .counter(in: registry)
    counter.increment()
    counter.increment(by: 4)
    #expect(
      lines("pointsd_ticks_total") == [
        #"# HELP pointsd_ticks_total Ticks done.\nAll \\ of them."#,
        "# TYPE pointsd_ticks_total counter", "pointsd_ticks_total 5",
      ])
  }

  @Test func sameNameAndLabelsAreOneMetricInAnyOrder() {
    for dimensions in [[("b", "2"), ("a", "1")], [("a", "1"), ("b", "2")]] {
      Counter(label: "pointsd_x", dimensions: dimensions, factory: registry).increment()
    }
    #expect(lines("pointsd_x{") == [#"pointsd_x{a="1",b="2"} 2"#])
  }

  @Test func labelsAreEscapedAndNamesMended() {
    Counter(
      label: "hb.requests-total", dimensions: [("http.route", "a\"b\\c\nd"), ("1st", "é")],
      factory: registry
    ).increment()
    #expect(
      lines("hb_requests").last
        == #"pointsd_hb_requests_total{_st="é",http_route="a\"b\\c\nd"} 1"#)
  }

  @Test func gaugesAndMetersShowTheLastValue() {
    let gauge = Gauge(label: "pointsd_g", factory: registry)
    gauge.record(7)
    gauge.record(2.5)
    let meter = Meter(label: "pointsd_m", factory: registry)
    meter.increment(by: 5)
    meter.decrement(by: 2)
    #expect(lines("pointsd_g").last == "pointsd_g 2.5")
    #expect(lines("pointsd_m") == ["# TYPE pointsd_m gauge", "pointsd_m 3"])
  }

  @Test func timersAreHistogramsInSeconds() {
    let timer = Metrics.Timer(
      label: "pointsd_t_seconds", dimensions: [("route", "/")], factory: registry)
    timer.recordMilliseconds(1)
    timer.recordMilliseconds(300)
    timer.recordSeconds(20)
    let lines = lines("pointsd_t_seconds")
    #expect(lines.first == "# TYPE pointsd_t_seconds histogram")
    #expect(lines.contains(#"pointsd_t_seconds_bucket{route="/",le="0.001"} 1"#))
    #expect(lines.contains(#"pointsd_t_seconds_bucket{route="/",le="0.25"} 1"#))
    #expect(lines.contains(#"pointsd_t_seconds_bucket{route="/",le="0.5"} 2"#))
    #expect(lines.contains(#"pointsd_t_seconds_bucket{route="/",le="10"} 2"#))
    #expect(lines.contains(#"pointsd_t_seconds_bucket{route="/",le="+Inf"} 3"#))
    #expect(lines.contains(#"pointsd_t_seconds_sum{route="/"} 20.301"#))
    #expect(lines.last == #"pointsd_t_seconds_count{route="/"} 3"#)
  }

  @Test func labelSetsAreBounded() {
    let registry = PrometheusRegistry(seriesLimit: 2)
    for user in ["a", "b", "c", "d", "a"] {
      Counter(label: "pointsd_u", dimensions: [("user", user)], factory: registry).increment()
    }
    let lines = registry.render().split(separator: "\n").filter { $0.hasPrefix("pointsd_u") }
    #expect(
      lines == [
        #"pointsd_u{overflow="true"} 2"#, #"pointsd_u{user="a"} 2"#, #"pointsd_u{user="b"} 1"#,
      ])
  }

  @Test func aNameKeepsItsKind() {
    Counter(label: "pointsd_k", factory: registry).increment()
    Gauge(label: "pointsd_k", factory: registry).record(9)
    #expect(lines("pointsd_k") == ["# TYPE pointsd_k counter", "pointsd_k 1"])
  }

  @Test(arguments: [
    (1.0, "1"), (-3, "-3"), (0.1, "0.1"), (1e300, "1e+300"), (.infinity, "+Inf"),
    (-.infinity, "-Inf"), (.nan, "NaN"),
  ])
  func numbers(value: Double, text: String) {
    #expect(PrometheusText.number(value) == text)
  }

  @Test func metricsStandInOrder() {
    for name in ["pointsd_zz", "pointsd_aa", "pointsd_mm"] {
      Counter(label: name, factory: registry).increment()
    }
    let names = registry.render().split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
    #expect(names == names.sorted())
    #expect(names.count > 3)
  }
}
