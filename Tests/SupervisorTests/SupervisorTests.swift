import Points
import Synchronization
import Testing

@testable import Supervisor

@Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
  private let operation = Operation(requestedBy: "test", reason: "exam")

  @Test func opensEveryListenerAndRepairsOnce() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      #expect(
        Set(fixture.host.state.withLock { $0.opened }) == [
          "server1", "server2", "server3", "server_c1", "server_c2",
        ])
      #expect(fixture.store.state.withLock { $0.repairs.count } == 1)
    }
  }

  @Test func aBusyPortStopsNobodyElseAndIsTriedAgain() async throws {
    let fixture = Fixture()
    let busy = ListenerError(reason: "port 6002 is in use", retryable: true)
    fixture.host.state.withLock { $0.busyPorts[6002] = busy }
    try await fixture.run {
      await fixture.reached([.running, .backingOff])
      let faiz = try await fixture.supervisor.server("faiz")
      #expect(faiz.status == .backingOff && faiz.reason == "port 6002 is in use")
      #expect(await fixture.server("Afif")?.status == .running)
      fixture.host.state.withLock { $0.busyPorts = [:] }
      await fixture.time.wake(.milliseconds(250))
      await fixture.reached([.running])
      #expect(await fixture.server("Faiz")?.lastError == "port 6002 is in use")
    }
  }

  @Test func aFaultThatNoTryMendsIsShownAsFailed() async throws {
    let fixture = Fixture()
    let refused = ListenerError(reason: "port 80: permission denied", retryable: false)
    fixture.host.state.withLock { $0.busyPorts[5001] = refused }
    try await fixture.run {
      await fixture.reached([.running, .failed])
      #expect(await fixture.server("Afif")?.status == .failed)
    }
  }

  @Test func aListenerThatDiesIsOpenedAgain() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      fixture.host.state.withLock { $0.faults["server1"] }?("its socket is gone")
      await fixture.reached([.backingOff], of: "server1")
      await fixture.time.wake(.milliseconds(250))
      await fixture.reached([.running])
      #expect(fixture.host.state.withLock { $0.opened.count } == 6)
    }
  }

  @Test func pauseKeepsTheListenerAndSaysWhy() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let status = try await fixture.supervisor.apply(.pause, to: "AFIF", by: operation)
      #expect(status.status == .paused && status.wanted == .paused)
      #expect(status.reason == "paused by alice: exam")
      #expect(fixture.host.state.withLock { $0.closed.isEmpty })
      let resumed = try await fixture.supervisor.apply(.resume, to: "server1", by: operation)
      #expect(resumed.status == .running && resumed.reason == nil)
    }
  }

  @Test func stopClosesOnlyThatListener() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let status = try await fixture.supervisor.apply(.stop, to: "Afif", by: operation)
      #expect(status.status == .stopped)
      #expect(fixture.host.state.withLock { $0.closed } == ["server1"])
      let started = try await fixture.supervisor.apply(.start, to: "Afif", by: operation)
      #expect(started.status == .running && started.requests == 14)
    }
  }

  @Test func profilesOverrideWhatIsKeptUntilACommand() async throws {
    let fixture = Fixture(selected: ["Afif"])
    try await fixture.run {
      await fixture.reached([.running], of: "server1")
      let syahmi = try await fixture.supervisor.server("Syahmi")
      #expect(syahmi.status == .stopped && syahmi.wanted == .stopped)
      _ = try await fixture.supervisor.verify()
      #expect(fixture.store.state.withLock { $0.expectedEarning } == ["Afif"])
      let started = try await fixture.supervisor.apply(.start, to: "Syahmi", by: operation)
      #expect(started.status == .running)
    }
  }

  @Test func aLedgerInTheMakingIsNotOneWithoutUsers() async throws {
    let fixture = Fixture()
    await #expect(throws: ControlError.unavailable("database unavailable: starting")) {
      try await fixture.supervisor.users()
    }
    try await fixture.run {
      await fixture.reached([.running])
      let users = try await fixture.supervisor.users()
      #expect(users.value.count == 5)
    }
  }

  @Test func whyTheLedgerIsNotReadyIsSaidOnce() async throws {
    let fixture = Fixture()
    fixture.store.state.withLock { $0.failure = .unavailable("still starting") }
    try await fixture.run {
      while await fixture.supervisor.readinessFailure()?.detail
        .contains("the ledger is not ready: still starting") != true
      { await Task.yield() }
      await #expect(throws: ControlError.unavailable("database unavailable: still starting")) {
        try await fixture.supervisor.apply(.stop, to: "Afif", by: operation)
      }
    }
  }

  @Test func aChangeThatTheLedgerRefusesChangesNothing() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await #expect(throws: ControlError.conflict("Afif has 0 points")) {
        try await fixture.supervisor.adjust(.adjust(delta: -1), user: "Afif", by: operation)
      }
      fixture.store.state.withLock { $0.failure = .unavailable("gone") }
      let stop = Task { try await fixture.supervisor.apply(.stop, to: "Afif", by: operation) }
      await fixture.time.sleeper(of: .milliseconds(50))
      await fixture.time.wake(.milliseconds(ChangeMachine.budget))
      guard
        case .failure(ControlError.unavailable("database unavailable: gone")) = await stop.result
      else {
        Issue.record("nothing was changed, and that is known")
        return
      }
      #expect(await fixture.server("Afif")?.status == .running)
    }
  }

  @Test(arguments: [LedgerError.unavailable("gone"), .locked("an import")])
  func lastKnownValuesAreGivenWithTheirAge(_ failure: LedgerError) async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.time.sleeper(of: .milliseconds(30_005))
      fixture.store.state.withLock { $0.failure = failure }
      let asked = Task { try await fixture.supervisor.user("Afif") }
      // The first read fails and is tried again; after a second the known values have to do.
      await fixture.time.sleeper(of: .milliseconds(50))
      fixture.time.advance(milliseconds: 12_400)
      await fixture.time.wake(.milliseconds(50))
      let reading = try await asked.value
      #expect(reading.staleSeconds == 12 && reading.value.points == 0)
    }
  }

  @Test func withoutTheDatabaseListenersOpenWhenPatienceEnds() async throws {
    let fixture = Fixture()
    fixture.store.state.withLock { $0.failure = .unavailable("gone") }
    try await fixture.run {
      await fixture.time.wake(.seconds(5))
      await fixture.reached([.running])
      #expect(await fixture.supervisor.readinessFailure()?.detail.contains("gone") == true)
    }
  }

  @Test func aDatabaseThatCanNeverServeEndsTheRun() async throws {
    let fixture = Fixture()
    fixture.store.state.withLock { $0.failure = .failed("written by a newer pointsd") }
    await #expect(throws: LedgerError.failed("written by a newer pointsd")) {
      try await fixture.supervisor.run()
    }
  }

  @Test func ticksReachWatchersEventsAndNameWhoIsNotCredited() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      let row = PointsRow(
        user: "Afif", points: 10, stamp: DateTimeStamp(secondsSinceEpoch: 1_768_228_200))
      let events = await fixture.supervisor.events()
      await fixture.tick([row], uncredited: ["Faiz": "its row is locked"], after: 30_005)
      var iterator = events.makeAsyncIterator()
      #expect(await iterator.next() == .points([row]))
      #expect(fixture.host.state.withLock { $0.published.last } == [row])
      while await fixture.supervisor.late() != ["Faiz"] { await Task.yield() }
      #expect(await fixture.server("Faiz")?.reason == "its row is locked")
      await fixture.tick([row], after: 1000)
      while await fixture.supervisor.late() != [] { await Task.yield() }
      #expect(await fixture.server("Faiz")?.reason == nil)
    }
  }

  @Test func usersWhoseTickDoesNotComeAreLate() async throws {
    let fixture = Fixture()
    try await fixture.run {
      await fixture.reached([.running])
      await fixture.time.sleeper(of: .milliseconds(30_005))
      fixture.time.advance(milliseconds: 32_001)
      await fixture.supervisor.updateLateness()
      #expect(await fixture.supervisor.late().count == 5)
    }
  }

  @Test func profilesNameUsersServersGroupsAndAll() async throws {
    let supervisor = Fixture().supervisor
    #expect(
      try await supervisor.members(ofProfile: "PYTHON") == ["Afif", "Syahmi", "Irfan"])
    #expect(try await supervisor.members(ofProfile: "server_c2") == ["Faiz"])
    #expect(try await supervisor.members(ofProfile: "All").count == 5)
    await #expect(throws: ControlError.notFound("no user, server or group is named rust")) {
      try await supervisor.members(ofProfile: "rust")
    }
  }

  @Test func aCleanStopClosesRunsAndListeners() async throws {
    let fixture = Fixture()
    try await fixture.run { await fixture.reached([.running]) }
    #expect(await fixture.supervisor.shutDown(deadline: .seconds(7)) == .closed)
    #expect(fixture.store.state.withLock { $0.closedRuns.first?.count } == 5)
    #expect(fixture.host.state.withLock { $0.closed.count } == 5)
  }

  @Test func aStopWithoutTheDatabaseSaysThatRunsStayOpen() async throws {
    let fixture = Fixture()
    try await fixture.run { await fixture.reached([.running]) }
    fixture.store.state.withLock { $0.failure = .unavailable("gone") }
    async let stop = fixture.supervisor.shutDown(deadline: .seconds(7))
    await fixture.time.wake(.seconds(7))
    guard case .leftOpen(let users, let reason) = await stop else {
      Issue.record("runs are open")
      return
    }
    #expect(users.count == 5 && reason.contains("gone"))
    #expect(fixture.host.state.withLock { $0.closed.count } == 5)
  }
}
