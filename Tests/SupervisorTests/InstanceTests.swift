import Points
import Synchronization
import Testing

@testable import Supervisor

/// What the supervisor does about other daemons on its ledger.
@Suite(.timeLimit(.minutes(1))) struct InstanceTests {
  private func other(_ users: Set<String>, unseen seconds: Int64) -> LedgerSnapshot.Instance {
    .init(
      name: "other", seen: DateTimeStamp(secondsSinceEpoch: 0), users: users, secondsUnseen: seconds
    )
  }

  private let terms = AccrualTerms(points: 10, intervalMilliseconds: 30_000)

  @Test func aForgottenInstanceIsGoneForTheSupervisorToo() async throws {
    let fixture = Fixture()
    let instance = other(["Zoe"], unseen: 60)
    fixture.store.state.withLock { [terms] in
      $0.otherInstances = [instance]
      $0.open["Zoe"] = terms
    }
    try await fixture.run {
      await fixture.reached([.running])
      #expect(await fixture.supervisor.instances() == [instance])
      let operation = Operation(requestedBy: "alice", reason: "fire")
      let users = try await fixture.supervisor.forget(instance: "other", by: operation)
      #expect(users.map(\.user) == ["Zoe"])
      #expect(await fixture.supervisor.instances() == [])
      let attempt = fixture.store.state.withLock { $0.attempts.last }
      #expect(attempt?.operation.reason == "instance other: fire")
      #expect(attempt?.request == "forget other")
    }
  }

  /// A run that a living daemon beside this one needs is left open; one that only a name of the past
  /// claims is closed.
  @Test(arguments: [(60, true), (5, false)] as [(Int64, Bool)])
  func aStopClosesWhatOnlyALostInstanceClaims(unseen: Int64, closes: Bool) async throws {
    let fixture = Fixture()
    let instance = other(["Afif"], unseen: unseen)
    fixture.store.state.withLock { $0.otherInstances = [instance] }
    try await fixture.run { await fixture.reached([.running]) }
    #expect(await fixture.supervisor.shutDown(deadline: .seconds(5)) == .closed)
    let closed = fixture.store.state.withLock { $0.closedRuns.flatMap { $0 } }
    #expect(closed.contains("Afif") == closes)
    #expect(closed.contains("Faiz"))
  }

  @Test func aReloadLeavesOpenWhomALivingInstanceServes() async throws {
    let fixture = Fixture()
    let instance = other(["Afif"], unseen: 5)
    fixture.store.state.withLock { $0.otherInstances = [instance] }
    try await fixture.run {
      await fixture.reached([.running])
      fixture.file.write(Fixture.five.filter { !["Afif", "Faiz"].contains($0.user) })
      _ = try await fixture.supervisor.reload(by: Operation(requestedBy: "alice", reason: nil))
      #expect(fixture.store.state.withLock { $0.reloads.map(\.leaving) } == [["Faiz"]])
    }
  }

  /// Ticks credit them with ours; what they have is theirs to follow.
  @Test func othersUsersInATickAreNoReasonToReadTheLedger() async throws {
    let fixture = Fixture()
    let instance = other(["Zoe"], unseen: 5)
    fixture.store.state.withLock { $0.otherInstances = [instance] }
    func reads() -> Int { fixture.store.state.withLock { $0.digests + $0.snapshots } }
    func look() async {
      let before = reads()
      await fixture.time.wake(.seconds(1))
      while reads() == before { await Task.yield() }
    }
    try await fixture.run {
      await fixture.reached([.running])
      await look()
      let snapshots = fixture.store.state.withLock { $0.snapshots }
      for number in 1...5 {
        let interval = Duration.milliseconds(30_005)
        await fixture.time.sleeper(of: interval)
        let row = PointsRow(
          user: "Zoe", points: Int64(number), stamp: DateTimeStamp(secondsSinceEpoch: 0))
        fixture.store.state.withLock {
          $0.tick = TickOutcome(
            rows: [row], uncreditedUsers: [:], databaseMilliseconds: 0, notices: [])
        }
        await fixture.time.wake(interval)
        await fixture.time.sleeper(of: interval)
        await look()
      }
      #expect(fixture.store.state.withLock { $0.snapshots } == snapshots)
    }
  }

  /// Two daemons whose files give a user different terms: the one that stands is shown with its reason.
  @Test func whoEarnsByAnotherFileIsShown() async throws {
    let fixture = Fixture()
    let instance = other(["Afif"], unseen: 1)
    let theirs = AccrualTerms(points: 1, intervalMilliseconds: 5500)
    fixture.store.state.withLock { $0.otherInstances = [instance] }
    try await fixture.run {
      await fixture.reached([.running])
      fixture.store.state.withLock { $0.open["Afif"] = theirs }
      while await fixture.server("Afif")?.reason == nil {
        await fixture.time.wake(.seconds(1))
        await Task.yield()
      }
      let notice =
        "earns 1 point every 5.5 s, as another daemon that serves it was asked; the file of this one"
        + " says 10 points every 30 s"
      #expect(await fixture.server("Afif")?.reason == notice)
      #expect(await fixture.server("Afif")?.publicReason == notice)
      let kept = fixture.store.state.withLock { $0.open["Afif"] }
      #expect(kept == theirs)
      let verification = try await fixture.supervisor.verify()
      #expect(verification.notices == ["Afif \(notice)"])
      // The other one ended: from the next full turn on this file says it.
      fixture.time.advance(milliseconds: Supervisor.fullTurnMilliseconds)
      fixture.store.state.withLock { $0.otherInstances = [] }
      while await fixture.server("Afif")?.reason != nil {
        await fixture.time.wake(.seconds(1))
        await Task.yield()
      }
      let own = fixture.store.state.withLock { $0.open["Afif"] }
      #expect(own == terms)
    }
  }

  /// A user taken out of the file while the daemon was dead, whose row is locked at the start.
  @Test func whoLeftWhileTheDaemonWasDeadIsClosedWhenTheLockEnds() async throws {
    let fixture = Fixture()
    fixture.store.state.withLock { [terms] in
      $0.open["Zoe"] = terms
      $0.locked["Zoe"] = "its row is locked"
    }
    try await fixture.run {
      await fixture.reached([.running])
      #expect(await fixture.supervisor.readinessFailure() == nil)
      #expect(fixture.store.state.withLock { $0.open["Zoe"] } != nil)
      fixture.store.state.withLock { $0.locked = [:] }
      // Nobody asks for it: the loop looks again each second while something is not as wanted.
      await fixture.time.wake(.seconds(1))
      while fixture.store.state.withLock({ $0.open["Zoe"] }) != nil {
        await fixture.time.wake(.seconds(1))
        await Task.yield()
      }
    }
  }
}
