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
  let health = Health()
  let reports = Reports()
  let file = File()
  let backups = FakeBackups()

  /// Whether the database answers, as the test wants it.
  final class Health: Sendable {
    let fault = Mutex<String?>(nil)
  }

  /// What the configuration file holds, as the test wants it.
  final class File: Sendable {
    let candidate = Mutex<Result<Candidate, ControlError>>(.failure(.invalid("no file")))

    /// A file with these users and nothing else that differs.
    func write(
      _ definitions: [ServerDefinition], selected: Set<String>? = nil, settings: [String] = [],
      needsRestart: [String] = []
    ) {
      candidate.withLock {
        $0 = .success(
          Candidate(
            definitions: definitions, selected: selected, settings: settings,
            needsRestart: needsRestart, adopt: {}))
      }
    }
  }

  /// The way tickers report, for tests that play the ticker.
  final class Reports: Sendable {
    let tickers = Mutex<[Int64: @Sendable (TickReport) async -> Void]>([:])
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
    let (health, reports, file, backups) = (health, reports, file, backups)
    supervisor = Supervisor(
      definitions: definitions, selected: selected, store: store, host: host,
      surroundings: .init(
        prepare: {},
        health: { health.fault.withLock { $0 } },
        readConfiguration: { try file.candidate.withLock { try $0.get() } },
        backups: backups,
        runTicker: { interval, report in
          reports.tickers.withLock { $0[interval] = report }
          // A ticker ends when it is cancelled.
          let (stream, _) = AsyncStream.makeStream(of: Void.self)
          for await _ in stream {}
          reports.tickers.withLock { $0[interval] = nil }
        }),
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
