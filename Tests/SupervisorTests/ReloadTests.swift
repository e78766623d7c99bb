import Points
import Synchronization
import Testing

@testable import Supervisor

@Suite(.timeLimit(.minutes(1))) struct ReloadTests {
  private let operation = Operation(requestedBy: "test", reason: "exam")

  private func definition(
    _ user: String, port: Int, server: String? = nil, groups: [String] = ["python"],
    points: Int64 = 10, interval: Int64 = 30_000
  ) -> ServerDefinition {
    ServerDefinition(
      user: user, server: server ?? "server of \(user)", groups: groups, address: "127.0.0.1",
      port: port, terms: AccrualTerms(points: points, intervalMilliseconds: interval))
  }

  private var two: [ServerDefinition] {
    [definition("Afif", port: 5001), definition("Faiz", port: 5002)]
  }

  private func actions(_ plan: ReloadPlan) -> [String] {
    plan.users.map { "\($0.user): \($0.action.rawValue)" }
  }

  /// Runs a supervisor of `two` until they run, with another file in place.
  private func reloading(
    to file: [ServerDefinition], selected: Set<String>? = nil,
    _ body: (Fixture) async throws -> Void
  ) async throws {
    let fixture = Fixture(definitions: two, selected: selected)
    fixture.file.write(file, selected: selected)
    try await fixture.run {
      await fixture.reached([.running], of: "server of Afif")
      if selected == nil { await fixture.reached([.running]) }
      try await body(fixture)
    }
  }

  @Test func theSameFileIsNothing() async throws {
    try await reloading(to: two) { fixture in
      let plan = try await fixture.supervisor.plan()
      #expect(!plan.changesSomething)
      _ = try await fixture.supervisor.reload(by: operation)
      #expect(fixture.store.state.withLock { $0.reloads.isEmpty })
      #expect(fixture.host.state.withLock { $0.closed.isEmpty })
    }
  }

  @Test func aPlanChangesNothing() async throws {
    try await reloading(to: [definition("Zoe", port: 5003)]) { fixture in
      let plan = try await fixture.supervisor.plan()
      #expect(actions(plan) == ["Zoe: start", "Afif: remove", "Faiz: remove"])
      #expect(plan.users[0].details == ["new: 127.0.0.1:5003, 10 points every 30.0 s"])
      #expect(await fixture.supervisor.servers().map(\.user) == ["Afif", "Faiz"])
      #expect(fixture.store.state.withLock { $0.reloads.isEmpty })
    }
  }

  @Test func usersComeAndGoAndTheOthersAreLeftAlone() async throws {
    let file = [definition("Zoe", port: 5001), definition("Faiz", port: 5002)]
    try await reloading(to: file) { fixture in
      let plan = try await fixture.supervisor.reload(by: operation)
      #expect(actions(plan) == ["Zoe: start", "Faiz: nothing", "Afif: remove"])
      // The port passed from one to the other.
      #expect(await fixture.supervisor.servers().map(\.user) == ["Zoe", "Faiz"])
      #expect(await fixture.server("Zoe")?.status == .running)
      #expect(fixture.host.state.withLock { $0.closed } == ["server of Afif"])
      #expect(fixture.host.state.withLock { $0.openPorts.sorted() } == [5001, 5002])
      let reload = fixture.store.state.withLock { $0.reloads }
      #expect(reload.map { $0.changed.map(\.name) } == [["Zoe"]])
      #expect(reload.map(\.leaving) == [["Afif"]])
      await #expect(throws: ControlError.notFound("User not found")) {
        _ = try await fixture.supervisor.server("Afif")
      }
    }
  }

  @Test func aUserThatComesBackIsServedAgain() async throws {
    try await reloading(to: [definition("Faiz", port: 5002)]) { fixture in
      _ = try await fixture.supervisor.reload(by: operation)
      fixture.file.write(two)
      _ = try await fixture.supervisor.reload(by: operation)
      #expect(await fixture.server("Afif")?.status == .running)
      #expect(fixture.host.state.withLock { $0.openPorts.sorted() } == [5001, 5002])
    }
  }

  @Test func portsCanBeSwapped() async throws {
    let file = [definition("Afif", port: 5002), definition("Faiz", port: 5001)]
    try await reloading(to: file) { fixture in
      // Both ports are ours; were they tested, they would be found in use.
      fixture.host.state.withLock { $0.busyPorts = [:] }
      let plan = try await fixture.supervisor.reload(by: operation)
      #expect(actions(plan) == ["Afif: restart", "Faiz: restart"])
      #expect(plan.users[0].details == ["port 5001 → 5002", "the port was Faiz's"])
      #expect(await fixture.server("Afif")?.port == 5002)
      #expect(fixture.host.state.withLock { $0.openPorts.sorted() } == [5001, 5002])
      // Runs go on: the ledger has nothing to do.
      #expect(fixture.store.state.withLock { $0.reloads.isEmpty })
    }
  }

  @Test func newTermsTouchNoConnection() async throws {
    let file = [definition("Afif", port: 5001, points: 20, interval: 1000), two[1]]
    try await reloading(to: file) { fixture in
      let plan = try await fixture.supervisor.reload(by: operation)
      #expect(actions(plan) == ["Afif: adjust", "Faiz: nothing"])
      #expect(
        plan.users[0].details == ["accrual 10 points every 30.0 s → 20 points every 1.0 s"])
      #expect(fixture.host.state.withLock { $0.closed.isEmpty })
      let reload = fixture.store.state.withLock { $0.reloads }
      #expect(reload.map { $0.changed.map(\.terms.points) } == [[20]])
      #expect(await fixture.supervisor.tickEnds.keys.sorted() == [1000, 30_000])
      fixture.file.write([definition("Afif", port: 5001), two[1]])
      _ = try await fixture.supervisor.reload(by: operation)
      #expect(await fixture.supervisor.tickEnds.keys.sorted() == [30_000])
    }
  }

  @Test func groupsAndNamesHoldAtOnce() async throws {
    let file = [definition("Afif", port: 5001, server: "first", groups: ["new"]), two[1]]
    try await reloading(to: file) { fixture in
      let plan = try await fixture.supervisor.reload(by: operation)
      #expect(actions(plan) == ["Afif: adjust", "Faiz: nothing"])
      let members = try await fixture.supervisor.members(ofProfile: "NEW")
      let first = try await fixture.supervisor.server("first")
      #expect(members == ["Afif"] && first.user == "Afif")
    }
  }

  @Test func aBrokenFileChangesNothingAndIsTold() async throws {
    try await reloading(to: two) { fixture in
      let fault = ControlError.invalid("pointsd.json:3:5: users: must not be empty")
      fixture.file.proposed.withLock { $0 = .failure(fault) }
      var events = await fixture.supervisor.events().makeAsyncIterator()
      await #expect(throws: fault) { _ = try await fixture.supervisor.reload(by: operation) }
      guard case .rejected(_, let reason) = await fixture.supervisor.configuration() else {
        return #expect(Bool(false), "the refusal is not remembered")
      }
      #expect(reason == "pointsd.json:3:5: users: must not be empty")
      guard case .configuration(.rejected) = await events.next() else {
        return #expect(Bool(false), "the refusal is no event")
      }
      #expect(await fixture.supervisor.servers().map(\.status) == [.running, .running])
      fixture.file.write(two)
      _ = try await fixture.supervisor.reload(by: operation)
      guard case .current = await fixture.supervisor.configuration() else {
        return #expect(Bool(false), "the refusal outlives the mended file")
      }
    }
  }

  @Test func aBusyPortRefusesAllOfIt() async throws {
    let file = [definition("Afif", port: 5001, points: 20), definition("Zoe", port: 5003)]
    try await reloading(to: file) { fixture in
      fixture.host.state.withLock {
        $0.busyPorts[5003] = ListenerError(reason: "port 5003 is in use", retryable: true)
      }
      await #expect(
        throws: ControlError.conflict("Zoe: port 5003 is in use; nothing was changed")
      ) { _ = try await fixture.supervisor.reload(by: operation) }
      #expect(fixture.store.state.withLock { $0.reloads.isEmpty })
      #expect(await fixture.supervisor.servers().map(\.user) == ["Afif", "Faiz"])
    }
  }

  @Test func aDatabaseThatIsAwayRefusesAllOfIt() async throws {
    try await reloading(to: [definition("Zoe", port: 5003), two[1]]) { fixture in
      fixture.store.state.withLock { $0.failure = .unavailable("gone") }
      await #expect(throws: ControlError.self) {
        _ = try await fixture.supervisor.reload(by: operation)
      }
      #expect(await fixture.supervisor.servers().map(\.user) == ["Afif", "Faiz"])
      #expect(fixture.host.state.withLock { $0.closed.isEmpty })
    }
  }

  @Test func whatNeedsARestartRefusesAllOfIt() async throws {
    try await reloading(to: two) { fixture in
      fixture.file.write([two[0]], needsRestart: ["http.port: 8080 → 8090"])
      let plan = try await fixture.supervisor.plan()
      #expect(plan.needsRestart == ["http.port: 8080 → 8090"])
      await #expect(throws: ControlError.self) {
        _ = try await fixture.supervisor.reload(by: operation)
      }
      #expect(await fixture.supervisor.servers().count == 2)
    }
  }

  @Test func stoppedUsersStayStopped() async throws {
    let file = [definition("Afif", port: 5009), two[1]]
    try await reloading(to: file) { fixture in
      _ = try await fixture.supervisor.apply(.stop, to: "Afif", by: operation)
      let plan = try await fixture.supervisor.reload(by: operation)
      #expect(actions(plan) == ["Afif: adjust", "Faiz: nothing"])
      #expect(await fixture.server("Afif")?.status == .stopped)
      let started = try await fixture.supervisor.apply(.start, to: "Afif", by: operation)
      #expect(started.status == .running && started.port == 5009)
    }
  }

  @Test func profilesAreFoundAnewInTheFile() async throws {
    try await reloading(to: two, selected: ["Afif"]) { fixture in
      fixture.file.write(two + [definition("Zoe", port: 5003)], selected: ["Faiz"])
      let plan = try await fixture.supervisor.reload(by: operation)
      #expect(actions(plan) == ["Afif: stop", "Faiz: start", "Zoe: adjust"])
      #expect(
        await fixture.supervisor.servers().map(\.status) == [.stopped, .running, .stopped])
      // A command holds against the profiles, also over the next reload.
      _ = try await fixture.supervisor.apply(.start, to: "Zoe", by: operation)
      _ = try await fixture.supervisor.reload(by: operation)
      #expect(await fixture.server("Zoe")?.status == .running)
    }
  }

  @Test func changesWaitUntilTheReloadIsDone() throws {
    var lock = ChangeLock()
    try lock.beginShared()
    try lock.beginExclusive(for: "a reload")
    #expect(lock.isShared)
    #expect(
      throws: ControlError.unavailable("a reload is under way; try again when it is done")
    ) { try lock.beginShared() }
    #expect(throws: ControlError.conflict("a reload is under way already")) {
      try lock.beginExclusive(for: "a restore")
    }
    lock.endShared()
    #expect(!lock.isShared)
    lock.endExclusive()
    try lock.beginShared()
  }
}
