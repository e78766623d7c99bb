import Points
import Testing

@testable import Ledger

struct HistoryTests {
  private let terms = AccrualTerms(points: 10, intervalMilliseconds: 30_000)

  private func point(_ seconds: Int64, _ points: Int64?) -> HistoryPoint {
    HistoryPoint(stamp: DateTimeStamp(secondsSinceEpoch: seconds), points: points)
  }

  @Test func theLatestUpdatesEndWithThePresentPoints() {
    let history = [HistoryPoint](
      latest: 6, points: 55,
      runs: [
        Run(terms: terms, first: 10, last: 12), Run(terms: terms, first: 3, last: 5),
      ],
      adjustments: [
        DatedAdjustment(milliseconds: 330_000, delta: 5),
        DatedAdjustment(milliseconds: 200_000, delta: 10),
        DatedAdjustment(milliseconds: 1000, delta: 0),
      ])
    #expect(
      history == [
        point(120, 10), point(150, 20), point(200, 30), point(330, 40), point(330, 45),
        point(360, 55),
      ])
  }

  @Test func noMoreThanAskedForAndNoMoreThanThereIs() {
    let run = Run(terms: terms, first: 0, last: 1_000_000)
    let history = [HistoryPoint](latest: 3, points: 10_000_000, runs: [run], adjustments: [])
    #expect(history.map(\.points) == [9_999_980, 9_999_990, 10_000_000])
    #expect([HistoryPoint](latest: 3, points: 0, runs: [], adjustments: []).isEmpty)
  }

  @Test func samplesEndAtTheLastMomentAndKeepTheLimit() throws {
    let plan = try #require(
      SamplingPlan(from: 0, to: 3_600_000, limit: 100, nowMilliseconds: 1_000_000_000))
    #expect(plan.step == 37_000)
    #expect(plan.count <= 100)
    #expect(plan.moment(plan.count - 1) == 3_600_000)
    #expect(plan.start >= 0 && plan.start < plan.step)
    #expect(plan.bucket(of: plan.start) == 0)
    #expect(plan.bucket(of: plan.start + 1) == 1)
    #expect(plan.bucket(of: plan.moment(7)) == 7)
    #expect(plan.bucket(of: plan.moment(7) + 1) == 8)
  }

  @Test func aSpanInTheFutureHasNoSamplesAndOneAcrossNowEndsNow() throws {
    #expect(SamplingPlan(from: 20, to: 30, limit: 5, nowMilliseconds: 10) == nil)
    #expect(SamplingPlan(from: 9, to: 5, limit: 5, nowMilliseconds: 10) == nil)
    let plan = try #require(
      SamplingPlan(from: 0, to: 100_000, limit: 1000, nowMilliseconds: 10_000))
    #expect(plan.moment(plan.count - 1) == 10_000)
    #expect(plan.count == 11)
  }

  @Test func timeWithoutAnOpenRunKeepsThePoints() throws {
    let plan = try #require(
      SamplingPlan(from: 0, to: 300_000, limit: 11, nowMilliseconds: 300_000))
    let runs = [
      DatedRun(
        run: Run(terms: terms, first: 1, last: 3), openedMilliseconds: 30_000,
        closedMilliseconds: 100_000),
      DatedRun(
        run: Run(terms: terms, first: 7, last: 9), openedMilliseconds: 210_000,
        closedMilliseconds: nil),
    ]
    let history = [HistoryPoint](
      sampling: plan, since: 30_000, base: 5, runs: runs, changes: [8: 100, 0: 999])
    #expect(
      history.map(\.points) == [nil, 5, 15, 25, 25, 25, 25, 25, 135, 145, 145])
    #expect(
      history.map(\.earning) == [
        false, true, true, true, false, false, false, true, true, true, true,
      ])
  }
}
