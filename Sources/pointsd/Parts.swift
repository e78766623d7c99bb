import ConfigurationFile
import Dashboard
import Lanes
import Ledger
import Logging
import ManagedDatabase
import MariaDB
import Points
import ServiceLifecycle
import Supervisor
import Systemd
import Telemetry

/// The parts of the running daemon, made from the configuration.
struct Parts {
  let managed: ManagedDatabase?
  let pools: [ConnectionPool]
  let ledger: Ledger
  let supervisor: Supervisor
  let supervisorService: SupervisorService
  let dashboard: DashboardService
  let status: StatusService
  let lanes: LaneSet
  let logger: Logger

  init(
    _ configuration: Configuration, budget: DescriptorBudget, selected: Set<String>?,
    source: ConfigurationSource, metrics: PrometheusRegistry, logger: Logger
  ) throws {
    let database = try DatabaseChoice(
      configuration.database, limit: budget.limit, logger: logger)
    // Changes can take every connection but the one for ticks.
    let ticksApart = database.connections > 1
    let poolSize = database.connections - (ticksApart ? 1 : 0)
    let pool = ConnectionPool(settings: database.settings, size: poolSize)
    let tickPool =
      ticksApart ? ConnectionPool(settings: database.settings, size: 1, name: "ticks") : nil
    let reportPool =
      DescriptorBudget.areFew(budget.limit)
      ? nil
      : ConnectionPool(
        settings: Ledger.reportSettings(database.settings), size: Ledger.reportConnections,
        name: "reports")
    let ledger = Ledger(
      pool: pool, tickPool: tickPool, reportPool: reportPool, settings: database.settings,
      instance: InstanceName.of(configuration), isShared: database.isShared,
      maximumCatchUpSeconds: configuration.accrual.maximumCatchUpSeconds,
      isServerReady: { [managed = database.managed] in await managed?.isReady ?? true },
      logger: logger)
    let lanes = try LaneSet(
      limits: LaneLimits(configuration.listeners), budget: budget, logger: logger
    ) { _ in
      // The last connection is for changes.
      GroupReader(pool: pool, keepsConnection: poolSize > 1, logger: logger)
    }
    let reader = GroupReader(
      pool: pool, keepsConnection: database.connections > 4, logger: logger)
    let supervisor = Supervisor(
      definitions: configuration.users, selected: selected,
      store: ledger, reader: reader, host: lanes, configurationFile: source,
      backups: LedgerBackups(database.settings),
      time: .system, logger: logger)
    let notifier = Notifier()
    self.managed = database.managed
    self.pools = [pool, reportPool, tickPool].compactMap { $0 }
    self.ledger = ledger
    self.lanes = lanes
    self.logger = logger
    self.supervisor = supervisor
    self.supervisorService = SupervisorService(
      supervisor: supervisor, lanes: lanes, mayHaveLedger: database.mayHaveLedger)
    let dashboard = DashboardService(
      settings: try DashboardSettings(configuration, budget: budget), control: supervisor,
      log: LogOutput.recent, metrics: metrics, logger: logger,
      announceLoginLink: LoginAnnouncement.onTerminal)
    self.dashboard = dashboard
    self.status = StatusService(
      supervisor: supervisor, dashboard: dashboard, notifier: notifier,
      watchdog: Watchdog.deadline.map { deadline in
        Watchdog(
          deadline: deadline,
          probes: [
            ProgressProbe("lanes", answering: { await lanes.ping() }),
            ProgressProbe("supervisor", answering: { _ = await supervisor.servers() }),
            ProgressProbe("event hub", answering: { await dashboard.ping() }),
          ], notifier: notifier, logger: logger)
      }, logger: logger)
  }

  /// Runs every part until asked to stop; the database is stopped last.
  func run(_ signals: Signals.Awaited) async throws {
    var services: [any Service] = []
    if let managed { services.append(DatabaseService(database: managed)) }
    services += [supervisorService, dashboard, status]
    #if DEBUG
      services.append(HangingLane(lanes: lanes))
    #endif
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services.map { service in
          .init(
            service: service, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        }, logger: quiet(logger)))
    let signals = Signals(
      group: group, supervisor: supervisor, awaited: signals, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await signals.watch() }
      tasks.addTask { try await group.run() }
      // The signals end with the services, never before them.
      defer { tasks.cancelAll() }
      try await tasks.next()
    }
    await ledger.close()
    for pool in pools { await pool.close() }
  }

  /// The lifecycle library's own lines are of interest to developers only.
  private func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .error)
    return logger
  }
}
