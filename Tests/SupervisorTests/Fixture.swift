import Logging
import Points
import Synchronization

@testable import Supervisor

/// A supervisor over fakes, running until the body ends.
struct Fixture {
  let supervisor: Supervisor
  let store = FakeStore()
  let host = FakeHost()
  let time = ManualTime()
  let file = File()
  let backups = FakeBackups()

  /// What the configuration file holds, as the test wants it.
  final class File: ConfigurationReading {
    let proposed = Mutex<Result<ProposedConfiguration, ControlError>>(.failure(.invalid("no file")))

    func read() async throws -> ProposedConfiguration {
      try proposed.withLock { try $0.get() }
    }

    /// A file with these users and nothing else that differs.
    func write(
      _ definitions: [ServerDefinition], selected: Set<String>? = nil, settings: [String] = [],
      needsRestart: [String] = []
    ) {
      proposed.withLock {
        $0 = .success(
          ProposedConfiguration(
            definitions: definitions, selected: selected, settings: settings,
            needsRestart: needsRestart, adopt: {}))
      }
    }
  }

  static let five: [ServerDefinition] = [
    ("Afif", "server1", "python", 5001), ("Syahmi", "server2", "python", 5002),
    ("Irfan", "server3", "python", 5003), ("Hairiel", "server_c1", "c", 6001),
    ("Faiz", "server_c2", "c", 6002),
  ].map { user, server, group, port in
    ServerDefinition(
      user: user, server: server, groups: [group], address: "127.0.0.1", port: port,
      terms: AccrualTerms(points: 10, intervalMilliseconds: 30_000))
  }

  init(
    definitions: [ServerDefinition] = Fixture.five, selected: Set<String>? = nil
  ) {
    supervisor = Supervisor(
      definitions: definitions, selected: selected, store: store, reader: store, host: host,
      configurationFile: file, backups: backups,
      time: time.source, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  /// Runs the supervisor beside `body`.
  func run(_ body: () async throws -> Void) async throws {
    let running = Task { try await supervisor.run() }
    do {
      try await body()
    } catch {
      running.cancel()
      _ = try? await running.value
      throw error
    }
    running.cancel()
    try await running.value
  }

  /// Lets the tick that sleeps for so many milliseconds come, with this outcome.
  func tick(
    _ rows: [PointsRow], uncredited: [String: String] = [:], after milliseconds: Int64
  ) async {
    await time.sleeper(of: .milliseconds(milliseconds))
    store.state.withLock { state in
      for row in rows { state.rows[row.user] = row }
      state.tick = TickOutcome(
        rows: rows, uncreditedUsers: uncredited, databaseMilliseconds: 0, notices: [])
    }
    await time.wake(.milliseconds(milliseconds))
  }

  /// Waits until the database is known to answer.
  func databaseIsKnown() async {
    while case .away = await supervisor.database() { await Task.yield() }
  }

  /// The status of a user's server.
  func server(_ user: String) async -> ServerStatus? {
    await supervisor.servers().first { $0.user == user }
  }

  /// Waits until every server is in a state of `states`.
  func reached(_ states: Set<ServerState>, of name: String? = nil) async {
    let events = await supervisor.events()
    func done() async -> Bool {
      await supervisor.servers().allSatisfy { status in
        (name != nil && status.name != name) || states.contains(status.status)
      }
    }
    if await done() { return }
    for await _ in events where await done() { return }
  }
}
