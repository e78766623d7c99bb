import Dispatch
import Glibc
import Logging
import Points
import QueueExecutor
import Synchronization

/// One event lane: a serial queue, an epoll set, and every socket in it.
///
/// A lane never blocks. The queue is the actor's executor, so that the handlers of its sources and
/// its asynchronous functions touch the same state without a lock. What the lane knows and does is
/// in `LaneCore`; this shell brings it events, the clock and the reader.
actor Lane {
  nonisolated let executor: QueueExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private nonisolated let turns = Atomic(0)

  private let reader: any PointsReader
  private let clock: any LaneClock
  private var core: LaneCore<SocketTransport>
  private var metrics: LaneMetrics
  private var source: (any DispatchSourceRead)?
  private var alarm: (any LaneAlarm)?
  /// When the alarm rings; nil when it is not set.
  private var alarmMoment: Int64?
  private var readsBegun = 0
  private var isReading = false
  /// Whether the source is active. While a read is under way it is not: what comes meanwhile is
  /// taken in when the read ends, and being woken for it would cost more than the work itself.
  private var isListening = true
  /// Rings when a read takes long; always in real time, unlike the clock, because it changes no
  /// answer.
  private var slowReadTimer: (any LaneAlarm)?
  /// The read that the timer was started for; nil when it is stopped.
  private var timedRead: Int?

  /// A read that takes longer, in nanoseconds, no longer keeps the lane from what needs no read.
  private static let shortRead: Int64 = 2_000_000

  /// - Throws: `SystemFault` when the system refuses an epoll set.
  init(
    number: Int, limits: LaneLimits, quota: ConnectionQuota, reader: any PointsReader,
    clock: any LaneClock, logger: Logger
  ) throws {
    let events = try EventSet()
    let executor = QueueExecutor(label: "lane-\(number)")
    // Both sources before the first bind: one made while descriptors are exhausted stays silent.
    let source = DispatchSource.makeReadSource(
      fileDescriptor: events.descriptor, queue: executor.queue)
    let alarm = clock.makeAlarm(on: executor.queue)
    let slowReadTimer = SystemLaneClock().makeAlarm(on: executor.queue)
    self.executor = executor
    self.source = source
    self.alarm = alarm
    self.slowReadTimer = slowReadTimer
    self.reader = reader
    self.clock = clock
    core = LaneCore(
      transport: SocketTransport(events), limits: limits, quota: quota, logger: logger)
    metrics = LaneMetrics(lane: number)
    source.setCancelHandler { Glibc.close(events.descriptor) }
    source.setEventHandler { [weak self] in self?.assumeIsolated { $0.eventsCame() } }
    alarm.activate { [weak self] in self?.assumeIsolated { $0.alarmRang() } }
    slowReadTimer.activate { [weak self] in self?.assumeIsolated { $0.slowReadTimerRang() } }
    source.activate()
  }

  isolated deinit {
    listen()
    source?.cancel()
    alarm?.cancel()
    slowReadTimer?.cancel()
  }

  /// The epoll set is closed: its number may be in use again.
  private var isOver: Bool { source == nil }

  // MARK: What happens to a lane

  private func eventsCame() {
    guard !isOver else { return }
    core.takeEvents(now: clock.now())
    endTurn()
  }

  private func alarmRang() {
    guard !isOver else { return }
    alarmMoment = nil
    core.expire(now: clock.now())
    endTurn()
  }

  private func readEnded(_ result: Result<[PointsRow], ReadFailure>) {
    guard !isOver else { return }
    isReading = false
    core.readEnded(result, now: clock.now())
    // Before the next read everything at hand is taken in, so that its group is large.
    core.takeEvents(now: clock.now())
    endTurn()
    if !isReading { listen() }
  }

  // MARK: When the lane wants to be woken

  private func listen() {
    guard !isListening else { return }
    isListening = true
    source?.resume()
  }

  private func listenNoMore() {
    if isListening {
      isListening = false
      source?.suspend()
    }
    if timedRead == nil { startSlowReadTimer() }
  }

  /// Rings after the time of a short read, to see whether the present one is still under way.
  private func startSlowReadTimer() {
    timedRead = readsBegun
    slowReadTimer?.set(to: SystemLaneClock().now() + Self.shortRead)
  }

  private func slowReadTimerRang() {
    guard !isOver, let read = timedRead else { return }
    if !isListening, readsBegun != read { return startSlowReadTimer() }
    timedRead = nil
    listen()
  }

  /// Does what the turn has left to do: the next read, the alarm, deferred callbacks.
  private func endTurn() {
    if let users = core.beginRead(now: clock.now()) {
      isReading = true
      readsBegun += 1
      listenNoMore()
      reader.readRows(of: users) { result in
        // Not `async`: while the lane is idle its turn runs on the reader's thread, and the next
        // read follows there, without waking a thread twice for every group.
        self.executor.queue.sync { self.assumeIsolated { $0.readEnded(result) } }
      }
    }
    if let moment = core.nextDeadline, moment < alarmMoment ?? .max {
      alarmMoment = moment
      alarm?.set(to: moment)
    }
    core.runDeferredCallbacks()
    metrics.add(core.takeTally())
    turns.add(1, ordering: .relaxed)
  }

  // MARK: What is asked of a lane

  /// Rises whenever the lane did something.
  nonisolated var progress: Int { turns.load(ordering: .relaxed) }

  /// A turn for the asking: whatever is at hand has been taken in when it returns.
  func ping() {
    guard !isOver else { return }
    core.takeEvents(now: clock.now())
    endTurn()
  }

  func open(
    _ specification: ListenerSpecification, onFault: @escaping @Sendable (String) -> Void
  ) throws(ListenerError) -> LaneListener {
    guard !isOver else {
      throw ListenerError(reason: "the daemon is stopping", retryable: false)
    }
    let opened = try core.openListener(specification, onFault: onFault, now: clock.now())
    defer { endTurn() }
    return LaneListener(
      lane: self, handle: opened.handle, port: opened.port, counters: opened.counters)
  }

  func clients(of listener: ListenerHandle) -> [ConnectedClient.Activity] {
    guard !isOver, let index = core.listeners.index(of: listener) else { return [] }
    return core.clients(of: index, now: clock.now())
  }

  /// Returns when the listener and all its connections are closed.
  func close(_ listener: ListenerHandle) async {
    guard !isOver else { return }
    await withCheckedContinuation { continuation in
      core.closeListener(listener, now: clock.now()) { continuation.resume() }
      endTurn()
    }
  }

  nonisolated func publish(_ rows: [PointsRow]) {
    executor.queue.async { self.assumeIsolated { $0.take(rows) } }
  }

  private func take(_ rows: [PointsRow]) {
    guard !isOver else { return }
    core.publish(rows, now: clock.now())
    endTurn()
  }

  func shutdown() async {
    await withTaskGroup(of: Void.self) { group in
      for handle in core.listeners.handlesInUse { group.addTask { await self.close(handle) } }
    }
    core.closeEverything()
    // A suspended source must not be released. Cancelling the source closes the epoll set.
    listen()
    source?.cancel()
    source = nil
    alarm?.cancel()
    alarm = nil
    slowReadTimer?.cancel()
    slowReadTimer = nil
  }

  func statistics() -> LaneStatistics { core.statistics }
}
