import Points
import Synchronization
import Testing

@testable import Supervisor

/// The way of a change to a known outcome, through the supervisor.
@Suite(.timeLimit(.minutes(1))) struct ChangeTests {
  private func operation(_ key: String? = nil) -> Operation {
    Operation(requestedBy: "alice", reason: nil, key: key)
  }

  @Test func aLostReplyIsFoundDone() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let asked = operation()
      fixture.store.state.withLock {
        $0.attemptErrors = [.unknown(operation: asked.id, reason: "the reply was lost")]
      }
      async let status = fixture.supervisor.apply(.stop, to: "Afif", by: asked)
      await fixture.time.wake(.milliseconds(50))
      let stopped = try await status
      #expect(stopped.status == .stopped)
      #expect(
        fixture.store.state.withLock { $0.attempts.map(\.operation.id) } == [asked.id, asked.id])
    }
  }

  @Test func anUnknownOutcomeIsNamedAndEndedByWriting() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let asked = operation("key")
      fixture.store.state.withLock {
        $0.attemptErrors = [.unknown(operation: asked.id, reason: "the reply was lost")]
      }
      let stopped = Task { try await fixture.supervisor.apply(.stop, to: "Afif", by: asked) }
      while fixture.store.state.withLock({ $0.attempts.isEmpty }) { await Task.yield() }
      await fixture.time.sleeper(of: .milliseconds(4000))
      let behind = Task {
        try await fixture.supervisor.apply(.pause, to: "Afif", by: operation())
      }
      while await fixture.supervisor.changeCount < 2 { await Task.yield() }
      fixture.time.advance(milliseconds: 4000)
      // The second has a deadline of its own, which is later.
      fixture.time.wakeFirst(.milliseconds(4000))
      #expect(isUnknown(await stopped.result, asked.id))
      // Others of that user wait for nobody, and are refused with the operation's name.
      #expect(names(await behind.result, asked.id))
      let refused = Task {
        try await fixture.supervisor.apply(.start, to: "Afif", by: operation())
      }
      #expect(names(await refused.result, asked.id))
      #expect(
        try await fixture.supervisor.operations(.identifier(asked.id)).map(\.outcome)
          == [.unknown])
      #expect(
        try await fixture.supervisor.operations(.key("key", account: "alice")).count == 1)
      _ = try await fixture.supervisor.apply(.pause, to: "Faiz", by: operation())
      await fixture.time.wake(.milliseconds(50))
      while fixture.store.state.withLock({ $0.voided.isEmpty }) { await Task.yield() }
      #expect(fixture.store.state.withLock { $0.voided } == [asked.id])
      while try await !fixture.supervisor.operations(.identifier(asked.id)).isEmpty {
        await Task.yield()
      }
      #expect(
        try await fixture.supervisor.apply(.pause, to: "Afif", by: operation()).status == .paused)
    }
  }

  @Test func aKeyThatIsOnItsWayIsTheSameChange() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let asked = operation("key")
      fixture.store.state.withLock {
        $0.attemptErrors = [.unavailable("gone")]
      }
      async let first = fixture.supervisor.adjust(.adjust(delta: 5), user: "Afif", by: asked)
      while fixture.store.state.withLock({ $0.attempts.isEmpty }) { await Task.yield() }
      async let second = fixture.supervisor.adjust(
        .adjust(delta: 5), user: "Afif", by: operation("key"))
      while await fixture.supervisor.waiterCount < 2 { await Task.yield() }
      await #expect(throws: ControlError.self) {
        try await fixture.supervisor.adjust(.adjust(delta: 6), user: "Afif", by: operation("key"))
      }
      await fixture.time.wake(.milliseconds(50))
      let points = try await [first.points, second.points]
      #expect(points == [5, 5])
    }
  }

  /// The ledger has the stop, the answer is lost and the database away: seen by the second look after
  /// its return, though the doubt is still open.
  @Test func whatALostReplyDidIsSeenByTheSecondLookAfterTheReturn() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let asked = operation()
      fixture.store.state.withLock {
        $0.attemptErrors = [.unknown(operation: asked.id, reason: "the reply was lost")]
        $0.intents["Afif"] = FakeStore.intent("Afif", running: false, paused: false, 2)
        $0.open["Afif"] = nil
      }
      let stopped = Task { try await fixture.supervisor.apply(.stop, to: "Afif", by: asked) }
      while fixture.store.state.withLock({ $0.attempts.isEmpty }) { await Task.yield() }
      fixture.store.state.withLock { $0.health = .away("gone") }
      await fixture.time.wake(.seconds(1))
      while case .available = await fixture.supervisor.database() { await Task.yield() }
      fixture.time.advance(milliseconds: 4000)
      await fixture.time.wake(.milliseconds(4000))
      #expect(isUnknown(await stopped.result, asked.id))
      fixture.store.state.withLock { $0.health = .available }
      await fixture.time.wake(.seconds(1))
      await fixture.time.wake(.seconds(1))
      while await fixture.server("Afif")?.status != .stopped { await Task.yield() }
      #expect(await fixture.server("Afif")?.wanted == .stopped)
      #expect(fixture.store.state.withLock { $0.voided.isEmpty })
    }
  }

  /// A change that might be applied later can open no run behind a clean stop.
  @Test func aStopEndsTheDoubtsFirst() async throws {
    let fixture = Fixture()
    let asked = operation()
    try await fixture.run {
      await fixture.reached([.running])
      fixture.store.state.withLock {
        $0.attemptErrors = [.unknown(operation: asked.id, reason: "the reply was lost")]
      }
      let started = Task { try await fixture.supervisor.apply(.start, to: "Afif", by: asked) }
      while fixture.store.state.withLock({ $0.attempts.isEmpty }) { await Task.yield() }
      fixture.time.advance(milliseconds: 4000)
      await fixture.time.wake(.milliseconds(4000))
      #expect(isUnknown(await started.result, asked.id))
    }
    #expect(fixture.store.state.withLock { $0.voided.isEmpty })
    #expect(await fixture.supervisor.shutDown(deadline: .seconds(5)) == .closed)
    #expect(fixture.store.state.withLock { $0.voided } == [asked.id])
  }

  /// What is on its way, or was done, is not refused because nothing can be done now.
  @Test func aKeyIsAnsweredAlikeWhileTheDatabaseIsAway() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      _ = try await fixture.supervisor.adjust(
        .adjust(delta: 5), user: "Afif", by: operation("done"))
      fixture.store.state.withLock { $0.health = .away("gone") }
      await fixture.time.wake(.seconds(1))
      while case .available = await fixture.supervisor.database() { await Task.yield() }
      let again = try await fixture.supervisor.adjust(
        .adjust(delta: 5), user: "Afif", by: operation("done"))
      #expect(again.points == 5)
      await #expect(throws: ControlError.invalid("the key done was used for another change")) {
        try await fixture.supervisor.adjust(.adjust(delta: 6), user: "Afif", by: operation("done"))
      }
      await #expect(throws: ControlError.unavailable("database unavailable: gone")) {
        try await fixture.supervisor.adjust(.adjust(delta: 5), user: "Afif", by: operation("new"))
      }
    }
  }

  /// Where the loop cannot look, what was done is nevertheless not answered as if it were not.
  @Test func whatTheLedgerWasAskedIsAnsweredWhereItCannotBeFollowed() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      fixture.store.state.withLock { $0.lookFailure = .unavailable("a table is missing") }
      let paused = try await fixture.supervisor.apply(.pause, to: "Afif", by: operation())
      #expect(paused.wanted == .paused)
      let all = try await fixture.supervisor.apply(
        .stop, toAll: ["Afif", "Faiz"], by: operation())
      #expect(all.servers.map(\.wanted) == [.stopped, .stopped])
    }
  }

  @Test func aGroupIsOneOperation() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let asked = operation()
      let outcome = try await fixture.supervisor.apply(
        .stop, toAll: ["Afif", "Faiz"], by: asked)
      #expect(outcome.servers.map(\.status) == [.stopped, .stopped])
      #expect(fixture.store.state.withLock { $0.attempts.map(\.users) } == [["Afif", "Faiz"]])
    }
  }

  @Test func aChangeThatWasMadeIsSoAlsoWhereItsUserHasLeftMeanwhile() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      fixture.store.state.withLock { $0.attemptErrors = [.unavailable("gone")] }
      let asked = Task { try await fixture.supervisor.apply(.stop, to: "Afif", by: operation()) }
      while fixture.store.state.withLock({ $0.attempts.isEmpty }) { await Task.yield() }
      await fixture.supervisor.remove("Afif")
      await fixture.time.wake(.milliseconds(50))
      let status = try await asked.value
      #expect(status.user == "Afif")
    }
  }

  @Test func aStartThatIsRepeatedOpensNoListenerOfAUserStoppedSince() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      _ = try await fixture.supervisor.apply(.stop, to: "Afif", by: operation())
      fixture.store.state.withLock { $0.repeatsChanges = true }
      let status = try await fixture.supervisor.apply(.start, to: "Afif", by: operation("key"))
      #expect(status.status == .stopped)
    }
  }

  private func isUnknown(
    _ result: Result<ServerStatus, any Error>, _ identifier: String
  ) -> Bool {
    if case .failure(ControlError.unknown(identifier, _)) = result { true } else { false }
  }

  private func names(_ result: Result<ServerStatus, any Error>, _ identifier: String) -> Bool {
    guard case .failure(ControlError.unavailable(let text)) = result else { return false }
    return text.contains(identifier)
  }
}

extension Supervisor {
  /// Changes that are on their way.
  fileprivate var changeCount: Int { changes.count }

  /// As a reload removes a user.
  fileprivate func remove(_ user: String) {
    table.replace(by: table.all.filter { $0.definition.user != user })
  }

  /// Those who wait for the outcome of one.
  fileprivate var waiterCount: Int { changes.values.reduce(0) { $0 + $1.waiters.count } }
}
