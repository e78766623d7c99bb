import LedgerModel
import Logging
import Points
import Supervisor

/// A daemon of the simulation: a file, and the process that runs it, when one does.
final class Daemon: @unchecked Sendable {
  let number: Int
  let server: DatabaseServer
  let mutation: Mutation?
  /// What its configuration file says now.
  var file: [ServerDefinition]
  var selected: Set<String>?
  private(set) var process: DaemonProcess?

  var world: World { server.world }
  var instance: String { "daemon \(number)" }

  init(number: Int, server: DatabaseServer, file: [ServerDefinition], mutation: Mutation?) {
    self.number = number
    self.server = server
    self.file = file
    self.mutation = mutation
  }

  func start() {
    guard process == nil else { return }
    world.trace("daemon \(number) starts\(selected.map { " with profiles \($0.sorted())" } ?? "")")
    server.judge.ended[number] = nil
    server.judge.firstReadings[number] = nil
    process = DaemonProcess(self)
  }

  /// Ends it at once, wherever it is.
  func kill() {
    guard let process else { return }
    world.trace("daemon \(number) is killed")
    process.kill()
    self.process = nil
  }

  func terminate() {
    guard let process, !process.store.isStopping else { return }
    world.trace("daemon \(number) gets SIGTERM")
    process.terminate()
  }

  fileprivate func ended(_ ended: DaemonProcess, _ outcome: StopOutcome, _ error: (any Error)?) {
    world.trace("daemon \(number) ended: \(outcome) \(error.map { "\($0)" } ?? "")")
    guard process === ended else { return }
    process = nil
    server.judge.stopping.remove(number)
    guard outcome == .closed else { return }
    server.judge.ended[number] = ended.definitions.map(\.user)
    server.judge.checkStopped(self)
  }
}

/// One life of a daemon.
final class DaemonProcess: @unchecked Sendable {
  nonisolated(unsafe) private static var lives = 0

  let life: Int
  let supervisor: Supervisor
  let store: ModelStore
  let host: SimulatedHost
  /// The users that it serves.
  private(set) var definitions: [ServerDefinition]
  private let running: Task<Void, any Error>

  init(_ daemon: Daemon) {
    Self.lives += 1
    life = Self.lives
    let (world, server) = (daemon.world, daemon.server)
    let store = ModelStore(
      server: server, instance: daemon.instance, daemon: daemon.number, mutation: daemon.mutation)
    let host = SimulatedHost(world: world, judge: server.judge)
    let file = SimulatedFile()
    let trace = daemon.number
    self.store = store
    self.host = host
    definitions = daemon.file
    let supervisor = Supervisor(
      definitions: daemon.file, selected: daemon.selected, store: store, reader: store, host: host,
      configurationFile: file, backups: SavedBackups(), time: world.timeSource(clock: 0),
      logger: Logger(label: "\(trace)") { _ in TraceLog(world: world, daemon: trace) })
    self.supervisor = supervisor
    running = Task { try await supervisor.run() }
    file.process = self
    file.daemon = daemon
    serve(daemon.file, daemon)
    let running = running
    Task {
      let result = await running.result
      store.isStopping = true
      if !store.isDead { server.judge.stopping.insert(daemon.number) }
      let outcome = await supervisor.shutDown(deadline: .seconds(store.isDead ? 0 : 4))
      store.end()
      if case .failure(let error) = result {
        daemon.ended(self, outcome, error)
      } else {
        daemon.ended(self, outcome, nil)
      }
    }
  }

  func terminate() { running.cancel() }

  func kill() {
    store.isDead = true
    running.cancel()
  }

  /// A file was adopted, at the start or by a reload.
  func serve(_ file: [ServerDefinition], _ daemon: Daemon) {
    definitions = file
    let judge = daemon.server.judge
    let before = judge.configured[daemon.number]
    let accounts = file.map { definition in
      let earlier = before?[definition.user]?.override
      let running = daemon.selected.map { $0.contains(definition.user) }
      let kept = earlier?.running == running ? earlier : nil
      return LedgerUser(
        name: definition.user, terms: definition.terms,
        override: running.map {
          kept ?? ProfileOverride(running: $0, revision: daemon.world.now)
        })
    }
    judge.configured[daemon.number] = Dictionary(
      uniqueKeysWithValues: accounts.map { ($0.name, $0) })
  }
}

/// The configuration file of a process.
private final class SimulatedFile: ConfigurationReading, @unchecked Sendable {
  weak var process: DaemonProcess?
  weak var daemon: Daemon?

  func read() async throws -> ProposedConfiguration {
    guard let daemon else { throw ControlError.invalid("no file") }
    let file = daemon.file
    return ProposedConfiguration(
      definitions: file, selected: daemon.selected, settings: [], needsRestart: [],
      adopt: { self.process?.serve(file, daemon) })
  }
}

/// What a daemon logs, in the trace.
private struct TraceLog: LogHandler {
  let world: World
  let daemon: Int
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level {
    get { world.traces ? .debug : .critical }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) { world.trace("daemon \(daemon) logs: \(event.message)") }
}
