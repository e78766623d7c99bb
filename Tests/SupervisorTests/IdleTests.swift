import Points
import Synchronization
import Testing

@testable import Supervisor

/// What a supervisor asks of the ledger while nothing happens; `LedgerTests.IdleTests` counts what
/// each of it costs.
@Suite(.timeLimit(.minutes(1))) struct IdleTests {
  @Test func aMinuteIsALookASecondAndOneFullTurn() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      // Until the loop has nothing left to do but to wait for the next second.
      for _ in 0..<3 { await second(fixture) }
      let before = fixture.store.state.withLock { $0 }
      for _ in 0..<60 { await second(fixture) }
      let after = fixture.store.state.withLock { $0 }
      #expect(after.healthChecks - before.healthChecks == 60)
      #expect(after.snapshots - before.snapshots == 1)
      #expect(after.digests - before.digests == 59)
      // Each five seconds, and with the full turn.
      #expect(after.triggerLooks - before.triggerLooks <= 13)
      #expect(after.prepared == before.prepared)
      #expect(after.repairs.count == before.repairs.count)
      #expect(after.tickCount == before.tickCount)
    }
  }

  /// Lets a second pass, and the loop take its look.
  private func second(_ fixture: Fixture) async {
    func looks() -> Int { fixture.store.state.withLock { $0.digests + $0.snapshots } }
    let before = looks()
    fixture.time.advance(milliseconds: 1000)
    await fixture.time.wake(.seconds(1))
    while looks() == before { await Task.yield() }
  }
}
