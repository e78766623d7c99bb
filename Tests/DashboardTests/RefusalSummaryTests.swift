import Testing

@testable import Dashboard

/// Whatever strangers do, the log gets a line a minute about each of a bounded number of them.
@Suite struct RefusalSummaryTests {
  private let second: Int64 = 1_000_000_000
  private typealias Line = RefusalSummary.Line

  @Test func theFirstIsALineAndTheRestAnotherAMinuteLater() {
    var summary = RefusalSummary()
    #expect(
      summary.add("10.0.0.7", "no token", now: 0)
        == [Line(subject: "10.0.0.7", count: nil, reasons: "no token")])
    var lines: [Line] = []
    for number in 1...412 {
      lines += summary.add("10.0.0.7", "no token", now: Int64(number) * second / 10)
    }
    #expect(lines == [])
    #expect(summary.expire(now: 59 * second) == [])
    #expect(
      summary.expire(now: 60 * second)
        == [Line(subject: "10.0.0.7", count: 412, reasons: "no token")])
    // A quiet minute, and it begins from the start.
    #expect(summary.expire(now: 120 * second) == [])
    #expect(summary.add("10.0.0.7", "again", now: 121 * second).count == 1)
  }

  @Test func aFloodIsOneLineAMinute() {
    var summary = RefusalSummary()
    var lines: [Line] = []
    for number in 0..<100_000 {
      lines += summary.add("10.0.0.7", "wrong", now: Int64(number) * second / 100)
    }
    lines += summary.finish()
    // 1,000 s are 16 whole minutes and a bit.
    #expect(lines.count == 18)
    #expect(lines.reduce(0) { $0 + ($1.count ?? 1) } == 100_000)
  }

  @Test func reasonsAreNamedUpToABound() {
    var summary = RefusalSummary()
    for number in 0..<100 { _ = summary.add("a", "Host '\(number % 5)' is foreign", now: 0) }
    _ = summary.add("a", String(repeating: "x", count: 100_000), now: 0)
    let line = summary.expire(now: 60 * second).first
    #expect(line?.count == 100)
    #expect(
      line?.reasons
        == "Host '1' is foreign (20), Host '2' is foreign (20), Host '3' is foreign (20), "
        + "others (40)")
    let long = summary.add("b", String(repeating: "y", count: 100_000), now: 0)
    #expect(long.first?.reasons.count == RefusalSummary.reasonLength + 1)
  }

  @Test func manyPeersShareALine() {
    var summary = RefusalSummary()
    var lines: [Line] = []
    for number in 0..<10_000 { lines += summary.add("peer \(number)", "no", now: 0) }
    // One line for each with a place, one for the first of all others.
    #expect(lines.count == RefusalSummary.subjectLimit + 1)
    #expect(lines.last?.subject == nil)
    #expect(
      summary.expire(now: 60 * second) == [
        Line(
          subject: nil, count: 10_000 - RefusalSummary.subjectLimit - 1, reasons: "no")
      ])
    // Places are given back.
    _ = summary.expire(now: 120 * second)
    #expect(summary.add("new", "no", now: 121 * second).first?.subject == "new")
  }
}
