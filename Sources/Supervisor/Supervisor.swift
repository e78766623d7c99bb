import Logging
import Points

/// Runs the servers of all users: a listener and an updater each, healed, paused, stopped and
/// started one by one.
///
/// The ledger is the only truth about what was asked and who earns; what is kept here is a copy that
/// follows it, turn by turn (`Supervisor+Follow`). It knows neither sockets nor SQL: listeners come
/// from a `ListenerProvider`, points from a `LedgerStore`. `run()` works until its task is cancelled;
/// `shutDown()` then ends what it began.
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
    case change(Int, ChangeStep)
    case finishReload(done: Bool)
    case finishRestore
    case ticks(Int64, ended: AsyncStream<Never>)
  }

  let store: any LedgerStore
  let host: any ListenerProvider
  /// Rows for HTTP, read in groups as those for TCP.
  let rowReader: RowReader
  let configurationFile: any ConfigurationReading
  let backups: any Backups
  let time: TimeSource
  let logger: Logger
  public nonisolated let startedMilliseconds: Int64
  /// The same by the monotonic clock.
  let begun: Int64

  var table: ServerTable
  /// Whom `--profile` named, until a reload says otherwise.
  var selected: Set<String>?
  var changeLock = ChangeLock()
  /// Changes whose outcome is not known yet, by their tickets.
  var changes: [Int: PendingChange] = [:]
  /// Those with a key that were done, the latest last.
  var doneChanges: [PendingChange] = []
  var changeQueue = ChangeQueue()
  var nextTicket = 0
  let backupPlace = SinglePlace("a backup")
  let restorePlace = SinglePlace("a restore")
  var configurationCondition: ConfigurationCondition
  /// A reload that is under way, or whose outcome is not known yet.
  var unfinishedReload: ReloadTransaction?
  /// The latest reload that was carried out.
  var doneReload: ReloadTransaction?
  /// A restore whose outcome is not known yet.
  var unknownRestore: OperationRecord?
  var isExchangingDefinitions = false
  /// The ledger in use may be another one by now than the one that is known.
  var isRestoring = false
  var phase = Phase.preparing("starting")
  var condition: DatabaseCondition

  // What follows the ledger.
  var reconciler = Reconciler()
  var observations = ObservationOrder()
  var lastKnown = LastKnownRows()
  /// What the ledger came to when it was read last; nil before.
  var digest: LedgerDigest?
  /// The restore that the ledger came from when it was read last; nil before the first reading.
  var restoreMark: String??
  /// Users that could not be brought to what is wanted, each with its reason.
  var unrepaired: [String: String] = [:]
  var otherInstances: [LedgerSnapshot.Instance] = []
  /// Why the last turn did not go through; nil when it did.
  var turnFailure: String?
  /// When the last turn that went through began, by the monotonic clock.
  var lastTurn: Int64?
  var isPrepared = false
  /// Since the loop looked last.
  var aSecondHasPassed = true
  var quietSeconds = 0
  /// Why triggers, keys or checks could not be made, as it was logged.
  var protectionFailure: String?
  /// Those who wait for a turn that begins after they asked.
  var turnWaiters: [Int: CheckedContinuation<Void, Never>] = [:]
  let wakes: AsyncStream<Void>
  let wake: AsyncStream<Void>.Continuation

  var hub = EventHub()
  let metrics = SupervisorMetrics()
  var ticks = TickMonitor()
  /// Ends the ticks of an interval.
  var tickEnds: [Int64: AsyncStream<Never>.Continuation] = [:]
  var lateUsers: [String] = []
  var waiters: [Int: (server: Int, resume: CheckedContinuation<Void, Never>)] = [:]
  var nextWaiter = 0

  let jobs: AsyncStream<Job>
  let queue: AsyncStream<Job>.Continuation

  /// - Parameters:
  ///   - definitions: the configured servers; names are unique in any case.
  ///   - selected: the users that `--profile` names, nil without the option.
  ///   - reader: rows for HTTP; a connection of its own, so that nothing else holds reads up.
  public init(
    definitions: [ServerDefinition], selected: Set<String>?, store: any LedgerStore,
    reader: any PointsReader, host: any ListenerProvider,
    configurationFile: any ConfigurationReading,
    backups: any Backups,
    time: TimeSource, logger: Logger
  ) {
    self.store = store
    self.rowReader = RowReader(reader, time: time)
    self.host = host
    self.configurationFile = configurationFile
    self.backups = backups
    self.time = time
    self.logger = logger
    self.startedMilliseconds = time.wallMilliseconds()
    self.begun = time.monotonicMilliseconds()
    let now = DateTimeStamp(millisecondsSinceEpoch: time.wallMilliseconds())
    self.selected = selected
    self.configurationCondition = .current(since: now)
    self.condition = .away(since: now, reason: "not connected yet")
    (self.jobs, self.queue) = AsyncStream.makeStream(of: Job.self)
    (self.wakes, self.wake) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.table = ServerTable(definitions, since: now)
    for server in table.all { server.override = Self.override(server.definition.user, selected) }
  }

  /// The moment, for people.
  var now: DateTimeStamp { DateTimeStamp(millisecondsSinceEpoch: time.wallMilliseconds()) }

  /// What `--profile` says of a user; nil without the option. It overrides whatever was asked until
  /// the ledger was read.
  static func override(_ user: String, _ selected: Set<String>?) -> ProfileOverride? {
    selected.map { ProfileOverride(running: $0.contains(user), revision: .max) }
  }
}

/// Reads the configuration file for a plan or a reload.
public protocol ConfigurationReading: Sendable {
  /// - Throws: `ControlError.invalid` with every fault.
  func read() async throws -> ProposedConfiguration
}
