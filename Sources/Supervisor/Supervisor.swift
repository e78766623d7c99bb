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
    case tickers([Int64])
  }

  let store: any LedgerStore
  let host: any ListenerHost
  let surroundings: Surroundings
  let time: TimeSource
  let logger: Logger
  public nonisolated let startedMilliseconds: Int64

  var servers: [Server]
  /// Servers by the folded name of their user and their own.
  let indexByName: [FoldedName: Int]
  var phase = Phase.preparing("starting")
  var condition: DatabaseCondition
  var lastKnown = LastKnownRows()
  /// Rises whenever rows are found, so that an older finding does not overwrite a newer one.
  var findings = 0
  var hub = EventHub()
  let metrics = SupervisorMetrics()
  /// When each interval's last tick was done, or its ticker began.
  var lastTicks: [Int64: Int64] = [:]
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
    /// Drives all updaters of one interval until cancelled.
    let runTicker:
      @Sendable (
        _ intervalMilliseconds: Int64, _ report: @escaping @Sendable (TickReport) async -> Void
      ) async -> Void

    public init(
      prepare: @escaping @Sendable () async throws -> Void,
      health: @escaping @Sendable () async -> String?,
      runTicker:
        @escaping @Sendable (
          _ intervalMilliseconds: Int64, _ report: @escaping @Sendable (TickReport) async -> Void
        ) async -> Void
    ) {
      self.prepare = prepare
      self.health = health
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
    self.servers = definitions.map { definition in
      let override = selected.map {
        EffectiveIntent(running: $0.contains(definition.user), paused: false)
      }
      return Server(definition: definition, override: override, since: now)
    }
    let names = definitions.enumerated().flatMap { index, definition in
      [(FoldedName(definition.user), index), (FoldedName(definition.server), index)]
    }
    self.indexByName = Dictionary(names, uniquingKeysWith: { first, _ in first })
    self.condition = .away(since: now, reason: "not connected yet")
    (self.jobs, self.queue) = AsyncStream.makeStream(of: Job.self)
  }

  /// The moment, for people.
  var now: DateTimeStamp { DateTimeStamp(millisecondsSinceEpoch: time.wallMilliseconds()) }

  /// All configured users.
  var users: [String] { servers.map(\.definition.user) }

  /// The users that are to have an open run.
  var earning: Set<String> {
    Set(servers.filter(\.effective.earning).map(\.definition.user))
  }
}
