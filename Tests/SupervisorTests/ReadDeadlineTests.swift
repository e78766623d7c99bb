import Points
import Synchronization
import Testing

@testable import Supervisor

/// Reads of what has no last known value, while the database does not answer.
@Suite(.timeLimit(.minutes(1))) struct ReadDeadlineTests {
  private static let year = HistoryRange.span(
    from: DateTimeStamp(secondsSinceEpoch: 0), to: DateTimeStamp(secondsSinceEpoch: 365 * 86_400),
    points: 100)

  @Test func aShortReadIsGivenUpAfterItsDeadline() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      fixture.store.hangs.store(true, ordering: .relaxed)
      let reading = Task {
        try await fixture.supervisor.history(of: "Afif", range: .updates(20))
      }
      await fixture.time.wake(.milliseconds(1500))
      await #expect(
        throws: ControlError.unavailable("database unavailable: it did not answer within 1.5 s")
      ) { try await reading.value }
      #expect(fixture.store.givenUp.load(ordering: .relaxed) == 1)
    }
  }

  @Test(arguments: [false, true])
  func aLongOneIsGivenUpWhenTheDatabaseGoesAway(_ isVerify: Bool) async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      fixture.store.hangs.store(true, ordering: .relaxed)
      let reading = Task {
        if isVerify {
          _ = try await fixture.supervisor.verify()
        } else {
          _ = try await fixture.supervisor.history(of: "Afif", range: Self.year)
        }
      }
      while fixture.store.hanging.load(ordering: .relaxed) == 0 { await Task.yield() }
      fixture.store.state.withLock { $0.health = .away("frozen") }
      await fixture.time.wake(.seconds(1))
      await #expect(throws: ControlError.unavailable("database unavailable: frozen")) {
        try await reading.value
      }
      #expect(fixture.store.givenUp.load(ordering: .relaxed) == 1)
      // Known as away it is not even tried.
      await #expect(throws: ControlError.unavailable("database unavailable: frozen")) {
        try await fixture.supervisor.history(of: "Afif", range: .updates(20))
      }
      #expect(fixture.store.hanging.load(ordering: .relaxed) == 1)
    }
  }
}
