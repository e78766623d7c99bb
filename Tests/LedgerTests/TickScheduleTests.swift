import Points
import Synchronization
import Testing

@testable import Ledger

struct TickScheduleTests {
  private func outcome(
    at moment: Int64, troubles: [String: String] = [:], unfinished: Bool = false
  ) -> TickOutcome {
    TickOutcome(
      rows: [], troubles: troubles, databaseMilliseconds: moment, notices: [],
      isUnfinished: unfinished)
  }

  @Test func sleepsToTheNextBoundaryAndALittleMore() {
    var schedule = TickSchedule(intervalMilliseconds: 30_000)
    #expect(schedule.pause(after: outcome(at: 60_000)) == 30_005)
    #expect(schedule.pause(after: outcome(at: 60_008)) == 29_997)
    #expect(schedule.pause(after: outcome(at: 89_999)) == 6)
  }

  @Test func hurriesABoundedNumberOfTimes() {
    var schedule = TickSchedule(intervalMilliseconds: 30_000)
    let pauses = (0..<6).map { _ in schedule.pause(after: outcome(at: 60_001, unfinished: true)) }
    #expect(pauses == [0, 20, 50, 100, 1000, 0])
    #expect(schedule.pause(after: outcome(at: 60_001)) == 30_004)
  }

  @Test func looksAfterUsersInTroubleEverySecond() {
    var schedule = TickSchedule(intervalMilliseconds: 30_000)
    #expect(schedule.pause(after: outcome(at: 60_000, troubles: ["Afif": "locked"])) == 1000)
    #expect(schedule.pause(after: outcome(at: 89_900, troubles: ["Afif": "locked"])) == 105)
  }

  @Test func backsOffWhileTheDatabaseIsAwayButNeverForMoreThanASecond() {
    var schedule = TickSchedule(intervalMilliseconds: 30_000)
    let pauses = (0..<8).map { _ in schedule.pauseAfterFailure(random: 1) }
    #expect(pauses == [100, 200, 400, 800, 1000, 1000, 1000, 1000])
    #expect(schedule.pauseAfterFailure(random: 0) == 500)
    _ = schedule.pause(after: outcome(at: 0))
    #expect(schedule.pauseAfterFailure(random: 0.5) == 75)
    var fast = TickSchedule(intervalMilliseconds: 100)
    #expect((0..<5).allSatisfy { _ in fast.pauseAfterFailure(random: 1) <= 100 })
  }

  @Test func theTickerTicksReportsAndSleepsUntilCancelled() async {
    let store = ScriptedStore()
    let clock = RecordingClock()
    let ticker = Ticker(store: store, intervalMilliseconds: 1000, clock: clock, random: { 1 })
    let reports = Mutex<[String]>([])
    let task = Task {
      await ticker.run { report in
        reports.withLock { reports in
          switch report {
          case .done(let outcome): reports.append("done \(outcome.databaseMilliseconds)")
          case .away(let reason): reports.append(reason)
          }
        }
        if reports.withLock({ $0.count }) == 4 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await task.value
    #expect(
      reports.withLock { $0 } == [
        "done 1000", "database unavailable: gone", "done 2500", "done 3100",
      ])
    #expect(clock.sleeps == [.milliseconds(1005), .milliseconds(100), .milliseconds(505)])
  }
}

/// Answers as told, one after the other.
private actor ScriptedStore: TickStore {
  private var moments: [Int64?] = [1000, nil, 2500, 3100]

  func tick(intervalMilliseconds: Int64) async throws -> TickOutcome {
    guard let moment = moments.removeFirst() else { throw LedgerError.unavailable("gone") }
    return TickOutcome(rows: [], troubles: [:], databaseMilliseconds: moment, notices: [])
  }
}

/// A clock that notes how long it was asked to sleep, and does not.
private final class RecordingClock: Clock {
  typealias Instant = ContinuousClock.Instant
  private let start = ContinuousClock.now
  private let asked = Mutex<[Duration]>([])

  var now: Instant { start }
  var minimumResolution: Duration { .nanoseconds(1) }
  var sleeps: [Duration] { asked.withLock { $0 } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    asked.withLock { $0.append(deadline - start) }
  }
}
