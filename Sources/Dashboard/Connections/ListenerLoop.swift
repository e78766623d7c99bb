import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import SystemPackage

/// Listens in one place, TCP or the control socket, and answers with the router; binds again when
/// binding fails, with growing pauses, until asked to stop.
final class ListenerLoop: Sendable {
  enum Place: Sendable {
    case tcp(address: String, port: Int)
    case controlSocket(ControlSocket)
  }

  private let place: Place
  private let responder: RouterResponder<DashboardContext>
  private let shares: ConnectionShares
  private let time: DashboardTime
  private let logger: Logger
  private let onListening: @Sendable (_ port: Int?) async -> Void
  private let onFault: @Sendable (_ reason: String) -> Void
  private let state = Mutex(ListenCondition.closed)
  /// Why a place that was bound was not used.
  private let failure = Mutex<String?>(nil)

  /// The first and the longest pause between two tries.
  static let pauses = (first: Duration.milliseconds(250), longest: Duration.seconds(15))

  init(
    place: Place, responder: RouterResponder<DashboardContext>, shares: ConnectionShares,
    time: DashboardTime, logger: Logger,
    onFault: @escaping @Sendable (_ reason: String) -> Void = { _ in },
    onListening: @escaping @Sendable (_ port: Int?) async -> Void = { _ in }
  ) {
    self.place = place
    self.responder = responder
    self.shares = shares
    self.time = time
    self.logger = logger
    self.onFault = onFault
    self.onListening = onListening
  }

  var condition: ListenCondition { state.withLock { $0 } }

  /// Makes sure that the place can be used by this daemon; throws `ControlSocketError`.
  func prepare() async throws {
    if case .controlSocket(let socket) = place { try await socket.prepare() }
  }

  /// Serves until the task is cancelled or a graceful shutdown ends.
  func run() async {
    var pause = Self.pauses.first
    while !isStopping {
      let ending = await serve()
      let reason = failure.withLock { $0.take() } ?? ending
      guard !isStopping else { break }
      // A listener that was open has only now lost the place.
      if case .listening = condition { pause = Self.pauses.first }
      retry(because: reason, pause: pause)
      guard await slept(pause) else { break }
      pause = min(pause * 2, Self.pauses.longest)
    }
    state.withLock { $0 = .closed }
    if case .controlSocket(let socket) = place { socket.remove() }
  }

  private var isStopping: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

  /// Binds and answers; returns why it ended.
  private func serve() async -> String {
    do {
      try await application().run()
      return "the listening socket was closed"
    } catch let failure as IOError {
      return Errno(rawValue: failure.errnoCode).description
    } catch {
      return "\(error)"
    }
  }

  private func application() throws -> Application<RouterResponder<DashboardContext>> {
    // The libraries' own lines on start and stop would only repeat ours, and those on connections
    // are as many as strangers like.
    var quiet = logger
    quiet.logLevel = .critical
    return Application(
      responder: responder,
      server: HTTPServerBuilder { [shares, limits, isPublic] in
        LimitedHTTPChannel(responder: $0, shares: shares, limits: limits, isPublic: isPublic)
      },
      configuration: ApplicationConfiguration(
        address: try address(), serverName: nil,
        availableConnectionsDelegate: AcceptedByHandler()),
      onServerRunning: { await self.opened($0) },
      eventLoopGroupProvider: .singleton,
      logger: quiet)
  }

  private var isPublic: Bool {
    if case .tcp = place { true } else { false }
  }

  private var limits: ConnectionHandler.Limits {
    isPublic
      ? ConnectionHandler.Limits(body: RequestBody.limit)
      : ConnectionHandler.Limits(boundsWholeRequest: false, stalled: nil)
  }

  private func address() throws -> BindAddress {
    switch place {
    case .tcp(let address, let port): .hostname(address, port: port)
    case .controlSocket(let socket): .unixDomainSocket(path: try socket.placeToBind())
    }
  }

  /// The place in words, for log and operator.
  private func name(port bound: Int? = nil) -> String {
    switch place {
    case .tcp(let address, let port): "\(address) port \(bound ?? port)"
    case .controlSocket(let socket): socket.path
    }
  }

  private func opened(_ channel: any Channel) async {
    do {
      if case .controlSocket(let socket) = place { try socket.publish() }
      try await accept(on: channel)
    } catch {
      failure.withLock { $0 = "\(error)" }
      channel.close(promise: nil)
      return
    }
    let port = channel.localAddress?.port
    state.withLock { $0 = .listening(port: port) }
    logger.info("HTTP answers on \(name(port: port))", metadata: ["event": "http"])
    await onListening(port)
  }

  /// Nothing is accepted before this.
  private func accept(on channel: any Channel) async throws {
    let share = isPublic ? ConnectionShares.Share.http : .control
    try await channel.eventLoop.submit { [shares, logger] in
      try channel.pipeline.syncOperations.addHandler(
        AcceptHandler(shares: shares, share: share, logger: logger), position: .first)
    }.get()
  }

  private func retry(because reason: String, pause: Duration) {
    let condition = ListenCondition.retrying(reason: "\(name()): \(reason)")
    let isNews = state.withLock { state in
      let isNews = state != condition
      state = condition
      return isNews
    }
    let advice =
      switch place {
      case .tcp: "stop what uses the port, or set http.port; "
      case .controlSocket: ""
      }
    let fault = "HTTP cannot listen on \(name()): \(reason); \(advice)"
    onFault(fault)
    logger.log(
      level: isNews ? .error : .debug, "\(fault)trying again in \(pause)",
      metadata: ["event": "http"])
  }

  /// Sleeps; false when asked to stop meanwhile.
  private func slept(_ duration: Duration) async -> Bool {
    do {
      try await cancelWhenGracefulShutdown { try await self.time.sleep(duration) }
      return !Task.isShuttingDownGracefully
    } catch {
      return false
    }
  }
}
