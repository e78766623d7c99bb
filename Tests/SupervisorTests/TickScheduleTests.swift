import Points
import Testing

@testable import Supervisor

struct TickScheduleTests {
  private func outcome(
    at moment: Int64, uncredited: [String: String] = [:], unfinished: Bool = false
  ) -> TickOutcome {
    TickOutcome(
      rows: [], uncreditedUsers: uncredited, databaseMilliseconds: moment, notices: [],
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

  @Test func looksAfterUncreditedUsersEverySecond() {
    var schedule = TickSchedule(intervalMilliseconds: 30_000)
    #expect(schedule.pause(after: outcome(at: 60_000, uncredited: ["Afif": "locked"])) == 1000)
    #expect(schedule.pause(after: outcome(at: 89_900, uncredited: ["Afif": "locked"])) == 105)
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
}
