import Metrics
import Telemetry

/// What a lane did in one turn, for the metrics.
struct LaneTally {
  var answers = 0
  var staleAnswers = 0
  var accepted = 0
  var refused = 0
  var reads = 0
  var failedReads = 0
}

/// A lane's counters. They are raised once a turn, not once a request.
struct LaneMetrics {
  private let answers: Counter
  private let staleAnswers: Counter
  private let accepted: Counter
  private let refused: Counter
  private let reads: Counter
  private let failedReads: Counter

  init(lane: Int) {
    let dimensions = [("lane", "\(lane)")]
    func counter(_ name: String, _ help: String) -> Counter {
      Metric("pointsd_lane_\(name)_total", help: help).counter(dimensions)
    }
    answers = counter("answers", "Answers given to TCP clients.")
    staleAnswers = counter("stale_answers", "Answers from last known values.")
    accepted = counter("connections_accepted", "TCP connections accepted.")
    refused = counter("connections_refused", "TCP connections over a limit.")
    reads = counter("group_reads", "Queries that answered groups of requests.")
    failedReads = counter("group_reads_failed", "Such queries that failed.")
  }

  func add(_ tally: LaneTally) {
    add(tally.answers, to: answers)
    add(tally.staleAnswers, to: staleAnswers)
    add(tally.accepted, to: accepted)
    add(tally.refused, to: refused)
    add(tally.reads, to: reads)
    add(tally.failedReads, to: failedReads)
  }

  private func add(_ count: Int, to counter: Counter) {
    if count > 0 { counter.increment(by: count) }
  }
}
