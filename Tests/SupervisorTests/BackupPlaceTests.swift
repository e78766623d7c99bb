import Points
import Synchronization
import Testing

@testable import Supervisor

/// One backup at a time, and none while the database is away.
@Suite(.timeLimit(.minutes(1))) struct BackupPlaceTests {
  private func operation(_ requestedBy: String) -> Operation {
    Operation(requestedBy: requestedBy, reason: nil)
  }

  @Test func fiftyAtOnceAreOne() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      var streams: [any BackupStream] = []
      var refusals: Set<String> = []
      await withTaskGroup(of: Result<any BackupStream, any Error>.self) { group in
        for number in 1...50 {
          group.addTask {
            do {
              let stream = try await fixture.supervisor.backup(by: operation("\(number)"))
              return .success(stream)
            } catch {
              return .failure(error)
            }
          }
        }
        for await result in group {
          switch result {
          case .success(let stream): streams.append(stream)
          case .failure(let error): refusals.insert("\(error)")
          }
        }
      }
      #expect(streams.count == 1)
      #expect(fixture.backups.state.withLock { $0.begun } == 1)
      // All 49 are refused with the same words: who has it, since when.
      #expect(refusals.count == 1)
      #expect(
        refusals.first?.contains(" at 2026-01-12 14:30:00 UTC; try again when it is done") == true)
      #expect(try await streams[0].next() == Array("good".utf8))
      #expect(try await streams[0].next() == nil)
      streams = []
      #expect(fixture.backups.state.withLock { $0.open } == 0)
      let next = try await fixture.supervisor.backup(by: operation("next"))
      #expect(try await next.next() != nil)
    }
  }

  @Test func oneThatIsDroppedGivesItsPlaceBack() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      for _ in 1...25 { _ = try await fixture.supervisor.backup(by: operation("a")) }
      #expect(fixture.backups.state.withLock { [$0.begun, $0.open] } == [25, 0])
    }
  }

  private final class Flag: Sendable {
    let isUp = Atomic(false)
  }

  @Test func oneThatHasNotBegunEndsWhenTheDatabaseGoesAway() async throws {
    let fixture = Fixture()
    fixture.backups.state.withLock { $0.isSilent = true }
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      let stream = try await fixture.supervisor.backup(by: operation("a"))
      let hasEnded = Flag()
      let first = Task {
        defer { hasEnded.isUp.store(true, ordering: .relaxed) }
        return try await stream.next()
      }
      fixture.store.state.withLock { $0.health = .away("frozen") }
      // The looks at the database's health, and of the backup at what they found.
      while !hasEnded.isUp.load(ordering: .relaxed) {
        fixture.time.wakeSleepers(.seconds(1))
        fixture.time.wakeSleepers(Supervisor.outageCheck)
        await Task.yield()
      }
      await #expect(
        throws: ControlError.unavailable(
          "the database is away since 2026-01-12 14:30:00 UTC: frozen")
      ) { _ = try await first.value }
      // While it is away none begins.
      await #expect(throws: ControlError.self) {
        _ = try await fixture.supervisor.backup(by: operation("b"))
      }
      #expect(fixture.backups.state.withLock { $0.begun } == 1)
      await #expect(throws: ControlError.self) {
        _ = try await fixture.supervisor.makeBackupFile(for: operation("b"))
      }
    }
  }
}
