import Points
import Synchronization
import Testing

@testable import Supervisor

@Suite(.timeLimit(.minutes(1))) struct RestoreTests {
  private let operation = Operation(requestedBy: "test", reason: "exam")

  private func goodFile(_ fixture: Fixture) async throws -> any BackupFile {
    let file = try await fixture.supervisor.makeBackupFile(for: operation)
    try file.append(Array("good".utf8))
    return file
  }

  @Test func oneRestoreAtATime() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      var file: (any BackupFile)? = try await goodFile(fixture)
      await #expect(
        throws: ControlError.conflict(
          "a restore is under way, asked by test at 2026-01-12 14:30:00 UTC; "
            + "try again when it is done")
      ) { _ = try await fixture.supervisor.makeBackupFile(for: operation) }
      #expect(file?.size == 4)
      file = nil
      #expect(try await goodFile(fixture).size == 4)
    }
  }

  @Test func everythingIsAsTheBackupSays() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      _ = try await fixture.supervisor.apply(.stop, to: "Afif", by: operation)
      var events = await fixture.supervisor.events().makeAsyncIterator()
      let steps = Mutex<[String]>([])
      let file = try await goodFile(fixture)
      try await fixture.supervisor.restore(file, by: operation) { step in
        steps.withLock { $0.append(step) }
      }
      #expect(steps.withLock { $0 } == ["restored", "opening the runs"])
      #expect(fixture.store.state.withLock { $0.restored } == ["good"])
      // The runs are brought to what is wanted, as at a start.
      #expect(fixture.store.state.withLock { $0.repairs.count } == 2)
      await fixture.reached([.running, .stopped])
      // Intents of the backup hold, although newer revisions were known.
      #expect(try await fixture.supervisor.server("Faiz").wanted == .stopped)
      #expect(try await fixture.supervisor.server("Afif").wanted == .running)
      #expect(
        fixture.host.state.withLock { $0.published.last?.map(\.points) } == [
          77, 77, 77, 77, 77,
        ])
      #expect(await events.next() == .restored)
      guard case .points(let rows) = await events.next() else {
        return #expect(Bool(false), "the new points are no event")
      }
      #expect(rows.count == 5)
    }
  }

  /// The rows of a tick may be of the restored ledger before anybody knows that it was exchanged.
  @Test func aTickShowsNothingOfTheRestoredLedgerBeforeTheResync() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      var events = await fixture.supervisor.events().makeAsyncIterator()
      let file = try await goodFile(fixture)
      fixture.store.holdsRestores.store(true, ordering: .relaxed)
      let restoring = Task {
        try await fixture.supervisor.restore(file, by: operation) { _ in }
      }
      while fixture.store.state.withLock({ $0.restoreMark == nil }) { await Task.yield() }
      let row = PointsRow(user: "Afif", points: 87, stamp: DateTimeStamp(secondsSinceEpoch: 0))
      await fixture.tick([row], after: 30_005)
      #expect(await events.next() == .restored)
      fixture.store.holdsRestores.store(false, ordering: .relaxed)
      try await restoring.value
      guard case .points(let rows) = await events.next() else {
        return #expect(Bool(false), "the restored points are no event")
      }
      #expect(rows.contains(row))
    }
  }

  @Test func aForeignFileChangesNothing() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      let file = try await fixture.supervisor.makeBackupFile(for: operation)
      try file.append(Array("CREATE TABLE".utf8))
      await #expect(throws: ControlError.conflict("not ours")) {
        try await fixture.supervisor.restore(file, by: operation) { _ in }
      }
      #expect(fixture.store.state.withLock { $0.restored.isEmpty })
      let failure = await fixture.supervisor.readinessFailure()
      #expect(failure?.detail.contains("ledger") != true)
      // The gate is open again.
      _ = try await fixture.supervisor.apply(.pause, to: "Afif", by: operation)
    }
  }

  @Test func whatTheLedgerRefusesChangesNothing() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.databaseIsKnown()
      let file = try await goodFile(fixture)
      fixture.store.state.withLock { $0.failure = .refused("it does not add up") }
      await #expect(throws: ControlError.conflict("it does not add up")) {
        try await fixture.supervisor.restore(file, by: operation) { _ in }
      }
      fixture.store.state.withLock { $0.failure = nil }
      _ = try await fixture.supervisor.apply(.pause, to: "Afif", by: operation)
    }
  }
}
