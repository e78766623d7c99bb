import Logging
import Points

/// Runs the servers of all users: a listener and an updater each, healed, paused, stopped and
/// started one by one.
///
/// It knows neither sockets nor SQL: listeners come from a `ListenerHost`, points from a
/// `LedgerStore`. `run()` works until its task is cancelled; `shutDown()` then ends what it began.
public actor Supervisor {
  /// How far the supervisor has come.
  enum Phase: Equatable {
    /// The ledger is not known yet, for this reason.
    case preparing(String)
    case serving
    case stopping
  }

  /// Work that the running supervisor does beside everything else.
  enum Job: Sendable {
    case carryOutActions(server: Int)
    case retry(server: Int, generation: Int, afterMilliseconds: Int64)
    case expire(waiter: Int)
    case fault(server: Int, reason: String)
    case prepareAgain(AsyncStream<Never>.Continuation)
    case change(Int, ChangeStep)
    case ticker(Int64, ended: AsyncStream<Never>)
  }

  let store: any LedgerStore
  let host: any ListenerHost
  let surroundings: Surroundings
  let time: TimeSource
  let logger: Logger
  public nonisolated let startedMilliseconds: Int64

  /// The configured servers, in the order of the file.
  var servers: [Server] = []
  /// The same by the folded name of their user and their own.
  var serverByName: [FoldedName: Server] = [:]
  /// The same by their numbers, and those that left and still close.
  var serverByNumber: [Int: Server] = [:]
  var nextServer = 0
  /// Whom `--profile` named, until a command or a reload says otherwise.
  var selected: Set<String>?
  var changeGate = ChangeGate()
  /// Changes whose outcome is not known yet, by their tickets.
  var changes: [Int: PendingChange] = [:]
  var changeQueue = ChangeQueue()
  var nextTicket = 0
  let backupPlace = SinglePlace("a backup")
  let restorePlace = SinglePlace("a restore")
  var configurationCondition: ConfigurationCondition
  var phase = Phase.preparing("starting")
  var condition: DatabaseCondition
  var lastKnown = LastKnownRows()
  /// Rises whenever rows are found, so that an older finding does not overwrite a newer one.
  var findings = 0
  var hub = EventHub()
  let metrics = SupervisorMetrics()
  /// When each interval's last tick was done, or its ticker began.
  var lastTicks: [Int64: Int64] = [:]
  /// Ends the ticker of an interval.
  var tickerEnds: [Int64: AsyncStream<Never>.Continuation] = [:]
  var lateUsers: [String] = []
  var waiters: [Int: (server: Int, resume: CheckedContinuation<Void, Never>)] = [:]
  var nextWaiter = 0

  let jobs: AsyncStream<Job>
  let queue: AsyncStream<Job>.Continuation

  /// What the supervisor needs of the rest of the daemon beside its ports.
  public struct Surroundings: Sendable {
    /// Makes the database ready: migrations, the lock against a second daemon. Called again until
    /// it succeeds; `LedgerError.unavailable` means try again, any other error ends the daemon.
    let prepare: @Sendable () async throws -> Void
    /// nil when the database answers on its health connection; else why not.
    let health: @Sendable () async -> String?
    /// Reads the configuration file anew; throws `ControlError.invalid` with its faults.
    let readConfiguration: @Sendable () async throws -> Candidate
    let backups: any Backups
    /// Drives all updaters of one interval until cancelled.
    let runTicker:
      @Sendable (
        _ intervalMilliseconds: Int64, _ report: @escaping @Sendable (TickReport) async -> Void
      ) async -> Void

    public init(
      prepare: @escaping @Sendable () async throws -> Void,
      health: @escaping @Sendable () async -> String?,
      readConfiguration: @escaping @Sendable () async throws -> Candidate,
      backups: any Backups,
      runTicker:
        @escaping @Sendable (
          _ intervalMilliseconds: Int64, _ report: @escaping @Sendable (TickReport) async -> Void
        ) async -> Void
    ) {
      self.prepare = prepare
      self.health = health
      self.readConfiguration = readConfiguration
      self.backups = backups
      self.runTicker = runTicker
    }
  }

  /// - Parameters:
  ///   - definitions: the configured servers; names are unique in any case.
  ///   - selected: the users that `--profile` names, nil without the option.
  public init(
    definitions: [ServerDefinition], selected: Set<String>?, store: any LedgerStore,
    host: any ListenerHost, surroundings: Surroundings, time: TimeSource, logger: Logger
  ) {
    self.store = store
    self.host = host
    self.surroundings = surroundings
    self.time = time
    self.logger = logger
    self.startedMilliseconds = time.wallMilliseconds()
    let now = DateTimeStamp(millisecondsSinceEpoch: time.wallMilliseconds())
    self.selected = selected
    self.configurationCondition = .current(since: now)
    self.condition = .away(since: now, reason: "not connected yet")
    (self.jobs, self.queue) = AsyncStream.makeStream(of: Job.self)
    let servers = definitions.enumerated().map { number, definition in
      Server(
        number: number, definition: definition,
        override: Self.override(definition.user, selected), since: now)
    }
    self.nextServer = servers.count
    self.servers = servers
    self.serverByNumber = Dictionary(uniqueKeysWithValues: servers.map { ($0.number, $0) })
    self.serverByName = Self.byName(servers)
  }

  /// The moment, for people.
  var now: DateTimeStamp { DateTimeStamp(millisecondsSinceEpoch: time.wallMilliseconds()) }

  /// What `--profile` says of a user; nil without the option.
  static func override(_ user: String, _ selected: Set<String>?) -> EffectiveIntent? {
    selected.map { EffectiveIntent(running: $0.contains(user), paused: false) }
  }

  static func byName(_ servers: [Server]) -> [FoldedName: Server] {
    Dictionary(
      servers.flatMap { server in
        [server.definition.user, server.definition.server].map { (FoldedName($0), server) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// All configured users.
  var users: [String] { servers.map(\.definition.user) }

  /// The users that are to have an open run.
  var earning: Set<String> {
    Set(servers.filter(\.effective.earning).map(\.definition.user))
  }
}
