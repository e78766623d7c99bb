import Metrics
import Synchronization

extension PrometheusRegistry {
  /// Every metric in the text format, by name and labels, the process's own figures among them.
  public func render() -> String {
    recordProcess(ProcessMetrics.read())
    let snapshot = families.withLock { $0 }
    let descriptions = descriptions.withLock { $0 }
    var text = ""
    for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) {
      if let description = descriptions[name] {
        text += "# HELP \(name) \(PrometheusText.escapedHelp(description))\n"
      }
      text += "# TYPE \(name) \(family.kind.rawValue)\n"
      for (labels, cell) in family.series.sorted(by: { $0.key < $1.key }) {
        text += lines(name, labels, cell)
      }
    }
    return text
  }

  private func lines(_ name: String, _ labels: String, _ cell: Cell) -> String {
    switch cell {
    case .counter(let counter): "\(name)\(labels) \(PrometheusText.number(counter.value))\n"
    case .gauge(let gauge): "\(name)\(labels) \(PrometheusText.number(gauge.value))\n"
    case .histogram(let histogram): lines(name, labels, histogram.distribution)
    }
  }

  private func lines(
    _ name: String, _ labels: String, _ distribution: HistogramCell.Distribution
  ) -> String {
    let bounds = HistogramCell.bounds.map(PrometheusText.number) + ["+Inf"]
    var text = ""
    var count = 0
    for (bound, inBucket) in zip(bounds, distribution.counts) {
      count += inBucket
      let bucketLabels = PrometheusText.labels(labels, adding: "le", bound)
      text += "\(name)_bucket\(bucketLabels) \(count)\n"
    }
    text += "\(name)_sum\(labels) \(PrometheusText.number(distribution.sum))\n"
    text += "\(name)_count\(labels) \(count)\n"
    return text
  }

  private func recordProcess(_ process: ProcessMetrics) {
    for case (let metric, .some(let value)) in process.gauges {
      metric.gauge(in: self).record(value)
    }
    guard let processorSeconds = process.processorSeconds else { return }
    let (name, help) = (ProcessMetrics.processorTime.name, ProcessMetrics.processorTime.help)
    describe(name, help)
    // The kernel counts: the total is taken over.
    counter(name, []).raise(to: processorSeconds)
  }
}
