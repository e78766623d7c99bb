import Glibc
import Hummingbird
import Logging
import NIOCore
import Points
import ServiceLifecycle
import Telemetry

/// The HTTP interface: one API and the dashboard, on TCP and on the control socket.
///
/// Runs until it is asked to shut down gracefully or its task is cancelled. A TCP port that is
/// taken never ends it: binding is tried again with growing pauses, and `tcpCondition` says so.
public final class DashboardService: Service, CustomStringConvertible, Sendable {
  public let description = "HTTP service"

  private let events: EventStream
  private let pump: EventPump
  private let tcp: ListenerLoop
  private let controlSocket: ListenerLoop
  private let page: Page
  private let access: AccessControl
  private let log: any LogHistory
  private let time: DashboardTime
  private let logger: Logger

  /// - Parameters:
  ///   - control: what the API asks of the supervisor.
  ///   - log: what `/api/logs` shows.
  ///   - metrics: what `/metrics` renders.
  ///   - announceLoginLink: gets a link that lets a browser in, once HTTP listens; nil where nobody
  ///     is there to read it, for it must not get into a log.
  public convenience init(
    settings: DashboardSettings, control: any Control, log: any LogHistory,
    metrics: PrometheusRegistry, logger: Logger,
    announceLoginLink: (@Sendable (_ url: String) -> Void)? = nil
  ) {
    self.init(
      settings: settings, control: control, log: log, metrics: metrics, logger: logger,
      time: .system, announceLoginLink: announceLoginLink)
  }

  init(
    settings: DashboardSettings, control: any Control, log: any LogHistory,
    metrics: PrometheusRegistry, logger: Logger, time: DashboardTime,
    announceLoginLink: (@Sendable (_ url: String) -> Void)? = nil
  ) {
    let site = Site(address: settings.address)
    let access = AccessControl(settings, site: site, time: time, logger: logger)
    let page = Page(libraries: settings.libraries)
    let shares = ConnectionShares(limits: settings.limits, factory: metrics)
    let events = EventStream(startedMilliseconds: control.startedMilliseconds, factory: metrics)
    let snapshots = SnapshotSource(control: control, stream: events, time: time)
    let api = API(
      control: control, events: events, snapshots: snapshots,
      shares: shares, page: page, log: log, access: access, metrics: metrics, time: time,
      logger: logger)
    let responder = api.router().buildResponder()
    self.access = access
    self.page = page
    self.log = log
    self.events = events
    self.pump = EventPump(control: control, stream: events, snapshots: snapshots, time: time)
    self.tcp = ListenerLoop(
      place: .tcp(address: settings.address, port: settings.port), responder: responder,
      shares: shares, time: time, logger: logger,
      onFault: { site.cannotListen($0) }
    ) { port in
      guard site.listens(port: port), let announceLoginLink else { return }
      let account = await Account.lookUp(geteuid())
      if let link = access.makeLink(for: account) { announceLoginLink(link.url) }
    }
    self.controlSocket = ListenerLoop(
      place: .controlSocket(
        ControlSocket(path: settings.controlSocket, group: settings.controlGroup)),
      responder: responder,
      shares: shares, time: time, logger: logger)
    self.time = time
    self.logger = logger
  }

  /// How many event loops serve HTTP, and each costs three descriptors; to be called once, before
  /// anything else of this service.
  public static func limitEventLoops(to count: Int) {
    NIOSingletons.groupLoopCountSuggestion = count
  }

  /// Where the page is found on this machine; nil before HTTP listens.
  public var pageAddress: String? { access.site.url("/") }

  /// Whether HTTP over TCP accepts requests.
  public var tcpCondition: ListenCondition { tcp.condition }

  /// Whether the control socket accepts requests.
  public var controlSocketCondition: ListenCondition { controlSocket.condition }

  /// Returns when the hub of `/api/events` has answered: for a watchdog, a hub that hangs never does.
  public func ping() async { _ = await events.newest }

  /// How long requests under way may take once a graceful shutdown began.
  static let drainTime = Duration.seconds(5)

  /// Serves until asked to stop.
  ///
  /// Throws `ControlSocketError` at once when the control socket cannot be used.
  public func run() async throws {
    try await controlSocket.prepare()
    access.sessions.load(logger: logger)
    for library in page.missingLibraries() { logger.warning("\(library.missing)") }
    await withGracefulShutdownHandler {
      await serve()
    } onGracefulShutdown: {
      self.log.endFollowers()
      Task { await self.events.finish() }
    }
  }

  /// What one of the tasks of `serve` has come to.
  private enum Ending {
    case listener
    /// Work beside answering, which ends with the rest.
    case work
    case drainTimeOver
  }

  private func serve() async {
    await withTaskGroup(of: Ending.self) { group in
      group.addTask {
        await self.tcp.run()
        return .listener
      }
      group.addTask {
        await self.controlSocket.run()
        return .listener
      }
      group.addTask {
        await self.pump.run()
        return .work
      }
      group.addTask {
        await self.access.refusals.run()
        return .work
      }
      group.addTask {
        await self.waitOutDrainTime()
        return .drainTimeOver
      }
      var listeners = 2
      while listeners > 0, let ending = await group.next() {
        switch ending {
        case .listener: listeners -= 1
        case .drainTimeOver: group.cancelAll()
        case .work: break
        }
      }
      group.cancelAll()
    }
  }

  /// Returns when the time is over that requests under way have after a graceful shutdown began,
  /// or when the task is cancelled.
  private func waitOutDrainTime() async {
    do {
      try await gracefulShutdown()
      try await time.sleep(Self.drainTime)
    } catch {
      // Cancelled: the listeners have ended by themselves.
      return
    }
  }
}
