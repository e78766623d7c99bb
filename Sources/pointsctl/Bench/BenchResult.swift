import Histogram
import JSONText

/// What a benchmark counted.
struct BenchResult: Sendable {
  private(set) var answers = 0
  /// Answers with last known values: the database did not answer.
  private(set) var stale = 0
  /// Connections that could not be made or ended early, and answers that are none.
  private(set) var errors = 0
  private(set) var firstError: String?
  /// In microseconds, to three digits.
  private var latencies = Histogram<UInt64>(numberOfSignificantValueDigits: .three)

  var longest: Int { answers == 0 ? 0 : Int(latencies.max) }

  mutating func add(_ answer: String, microseconds: Int) {
    guard answer.hasPrefix("User: ") else {
      return fail("an answer that is none: \(excerpt(answer, limit: 100))")
    }
    answers += 1
    if answer.contains(" | Stale: ") { stale += 1 }
    latencies.record(UInt64(max(microseconds, 0)))
  }

  mutating func fail(_ reason: String) {
    errors += 1
    if firstError == nil { firstError = reason }
  }

  /// The microseconds within which so large a part of the answers came; 0 without answers.
  func percentile(_ part: Double) -> Int {
    answers == 0 ? 0 : min(Int(latencies.valueAtPercentile(part * 100)), longest)
  }

  /// - Parameter seconds: how long it was measured.
  func lines(connections: Int, seconds: Double) -> [String] {
    var lines = [
      "connections  \(connections), one request under way each",
      "answers      \(answers) in \(tenths(seconds)) s, \(Int(Double(answers) / seconds)) a second",
      "latency      p50 \(percentile(0.5)) µs, p95 \(percentile(0.95)) µs, "
        + "p99 \(percentile(0.99)) µs, longest \(longest) µs",
    ]
    if stale > 0 { lines.append("stale        \(stale): the database did not answer") }
    if errors > 0 { lines.append("errors       \(errors), the first: \(firstError ?? "")") }
    return lines
  }

  func json(connections: Int, seconds: Double) -> JSONValue {
    func number(_ value: some CustomStringConvertible) -> JSONNode {
      JSONNode(value: .number(value.description))
    }
    let members: [(String, JSONNode)] = [
      ("connections", number(connections)), ("seconds", number(seconds)),
      ("answers", number(answers)), ("stale", number(stale)), ("errors", number(errors)),
      ("answers_per_second", number(Int(Double(answers) / seconds))),
      ("p50_microseconds", number(percentile(0.5))),
      ("p95_microseconds", number(percentile(0.95))),
      ("p99_microseconds", number(percentile(0.99))), ("longest_microseconds", number(longest)),
    ]
    return .object(members.map { JSONMember(key: $0.0, node: $0.1) })
  }

  private func tenths(_ value: Double) -> String {
    let number = Int((value * 10).rounded())
    return "\(number / 10).\(number % 10)"
  }
}
