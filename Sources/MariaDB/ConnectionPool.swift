import Dispatch
import Metrics
import QueueExecutor

/// The connections of the whole process to its database.
///
/// Connections are opened when they are wanted, at most `size`; a caller that finds none free waits in
/// turn, up to a deadline. Idle ones are checked now and then, and all of them when one turns out
/// broken. While the database is away everybody is refused at once, so that its absence costs
/// nobody a wait, and one connection is tried again and again, with growing pauses.
public actor ConnectionPool {
  /// A connection taken from the pool; to be given back with `release`.
  public struct Lease: Sendable {
    public let connection: Connection
    let place: Int
  }

  /// What a pool does at the moment.
  public struct Status: Sendable, Hashable {
    /// Open connections.
    public let connections: Int
    public let idle: Int
    /// Connections lent out.
    public let busy: Int
    public let waiters: Int
    /// Why the last attempt to connect failed; nil once one succeeds.
    public let failure: DatabaseError?
  }

  private let settings: ConnectionSettings
  private let time: PoolTime
  private nonisolated let executor = QueueExecutor(label: "pointsd.pool")
  private var machine: PoolMachine
  private var connections: [Int: Connection] = [:]
  private var waiting: [Int: Waiting] = [:]
  private var lastWaiter = 0
  private var failure: DatabaseError?
  private var wakeAtMilliseconds: Int64?
  private let metrics: PoolMetrics

  private struct Waiting {
    let continuation: CheckedContinuation<Lease, any Error>
    let sinceMilliseconds: Int64
    let deadline: Duration
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// - Parameters:
  ///   - size: the limit of connections, 1 to 64.
  ///   - name: distinguishes its metrics from those of other pools.
  public init(
    settings: ConnectionSettings, size: Int, name: String? = nil, time: PoolTime = .system
  ) {
    self.settings = settings
    self.time = time
    self.machine = PoolMachine(size: size)
    self.metrics = PoolMetrics(name: name)
  }

  /// What the pool does at the moment.
  public var status: Status {
    Status(
      connections: machine.open, idle: machine.idle, busy: machine.leased,
      waiters: machine.waiting, failure: failure)
  }

  /// Takes a connection for as long as the caller wants, such as for group reads.
  ///
  /// Throws `DatabaseError` of kind `notDone`, or `CancellationError` when the task is cancelled.
  /// - Parameter deadline: how long to wait for a free connection.
  public func lease(deadline: Duration = .seconds(2)) async throws -> Lease {
    try Task.checkCancellation()
    lastWaiter += 1
    let waiter = lastWaiter
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let now = time.nowMilliseconds()
        waiting[waiter] = Waiting(
          continuation: continuation, sinceMilliseconds: now, deadline: deadline)
        carryOut(
          machine.acquire(
            waiter: waiter, deadlineMilliseconds: now + Int64(deadline / .milliseconds(1)),
            nowMilliseconds: now))
      }
    } onCancel: {
      onQueue { $0.cancel(waiter) }
    }
  }

  /// Gives a connection back. A broken one is closed. Giving it back twice does nothing.
  public func release(_ lease: Lease) {
    carryOut(
      machine.released(
        place: lease.place, isBroken: lease.connection.isBroken,
        nowMilliseconds: time.nowMilliseconds()))
  }

  /// Refuses everybody from now on and closes the idle connections; the others are closed when
  /// they are given back.
  public func close() async {
    carryOut(machine.close())
  }

  /// Closes the connections that nobody uses, as after an outage, which they may not have survived.
  public func closeIdle() {
    carryOut(machine.closeIdle())
  }

  private func cancel(_ waiter: Int) {
    machine.cancel(waiter: waiter)
    waiting.removeValue(forKey: waiter)?.continuation.resume(throwing: CancellationError())
    updateMetricsAndTimer()
  }
}

// MARK: - Carrying out what the machine decides

extension ConnectionPool {
  private func carryOut(_ actions: [PoolMachine.Action]) {
    for action in actions {
      switch action {
      case .connect(let place): connect(place)
      case .check(let place): check(place)
      case .close(let place): connections.removeValue(forKey: place)?.closeLater()
      case .grant(let waiter, let place): grant(waiter, place)
      case .refuse(let waiter, let refusal): refuse(waiter, refusal)
      }
    }
    updateMetricsAndTimer()
  }

  private func connect(_ place: Int) {
    let connection = Connection()
    connections[place] = connection
    connection.open(settings) { result in
      self.onQueue { $0.connected(place, result) }
    }
  }

  private func connected(_ place: Int, _ result: Result<Void, any Error>) {
    switch result {
    case .success:
      failure = nil
      carryOut(machine.connected(place: place, nowMilliseconds: time.nowMilliseconds()))
    case .failure(let error):
      connections[place] = nil
      failure = error as? DatabaseError ?? DatabaseError(kind: .notDone, message: "\(error)")
      metrics.connectFailures.increment()
      carryOut(
        machine.connectFailed(
          place: place, nowMilliseconds: time.nowMilliseconds(), jitter: time.random()))
    }
  }

  private func check(_ place: Int) {
    connections[place]?.enqueue { session in
      // Only whether it answers matters: a connection that does not is thrown away.
      let isAlive = (try? session.get().ping()) != nil
      self.onQueue { pool in
        pool.carryOut(
          pool.machine.checked(
            place: place, isAlive: isAlive, nowMilliseconds: pool.time.nowMilliseconds()))
      }
    }
  }

  private func grant(_ waiter: Int, _ place: Int) {
    guard let entry = waiting.removeValue(forKey: waiter), let connection = connections[place]
    else { return }
    metrics.wait.recordMilliseconds(time.nowMilliseconds() - entry.sinceMilliseconds)
    entry.continuation.resume(returning: Lease(connection: connection, place: place))
  }

  private func refuse(_ waiter: Int, _ refusal: PoolMachine.Refusal) {
    guard let entry = waiting.removeValue(forKey: waiter) else { return }
    metrics.refusals.increment()
    entry.continuation.resume(throwing: error(for: refusal, entry.deadline))
  }

  private func error(for refusal: PoolMachine.Refusal, _ deadline: Duration) -> DatabaseError {
    switch refusal {
    case .closed:
      return DatabaseError(kind: .notDone, message: "the database connections are closed")
    case .unreachable:
      return failure ?? DatabaseError(kind: .notDone, message: "there is no connection yet")
    case .deadline:
      let cause = failure.map { "; the last attempt to connect: \($0.message)" } ?? ""
      return DatabaseError(
        kind: .notDone,
        message: "no database connection became free within \(deadline): "
          + "\(machine.leased) of \(machine.size) are in use, \(machine.waiting) wait\(cause)")
    }
  }

  private func updateMetricsAndTimer() {
    metrics.record(machine)
    guard let wakeAt = machine.wakeAtMilliseconds else { return }
    if let planned = wakeAtMilliseconds, planned <= wakeAt { return }
    wakeAtMilliseconds = wakeAt
    time.after(max(0, wakeAt - time.nowMilliseconds())) { [weak self] in
      self?.onQueue { pool in
        // An earlier wake may have been planned since; then this one is a spare.
        if pool.wakeAtMilliseconds == wakeAt { pool.wakeAtMilliseconds = nil }
        pool.carryOut(pool.machine.timePassed(nowMilliseconds: pool.time.nowMilliseconds()))
      }
    }
  }

  /// Runs `body` isolated to this actor, from outside of any task.
  private nonisolated func onQueue(_ body: @escaping @Sendable (isolated ConnectionPool) -> Void) {
    executor.queue.async {
      self.assumeIsolated { body($0) }
    }
  }
}
