import Metrics
import Synchronization

/// A count that only rises, by whole or broken numbers.
final class CounterCell: CounterHandler, FloatingPointCounterHandler {
  private let total = Mutex(0.0)

  var value: Double { total.withLock { $0 } }

  func increment(by amount: Int64) { increment(by: Double(amount)) }

  func increment(by amount: Double) {
    guard amount > 0 else { return }
    total.withLock { $0 += amount }
  }

  /// Takes over a total that is counted elsewhere, such as the kernel.
  func raise(to amount: Double) { total.withLock { $0 = max($0, amount) } }

  func reset() { total.withLock { $0 = 0 } }
}

/// A value that rises and falls.
final class GaugeCell: MeterHandler, RecorderHandler {
  private let current = Mutex(0.0)

  var value: Double { current.withLock { $0 } }

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { current.withLock { $0 = value } }
  func increment(by amount: Double) { current.withLock { $0 += amount } }
  func decrement(by amount: Double) { current.withLock { $0 -= amount } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
}

/// How recorded values are distributed over fixed upper bounds.
final class HistogramCell: TimerHandler, RecorderHandler {
  /// The counts behind one rendering, taken at one moment.
  struct Distribution: Sendable, Equatable {
    /// Values in each bucket alone, the one without an upper bound last.
    var counts: [Int]
    var sum = 0.0
  }

  /// Upper bounds in rising order, those Prometheus' clients use for seconds.
  static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  private let state = Mutex(Distribution(counts: Array(repeating: 0, count: bounds.count + 1)))

  var distribution: Distribution { state.withLock { $0 } }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    let bucket = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count
    state.withLock { distribution in
      distribution.counts[bucket] += 1
      distribution.sum += value
    }
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
}
