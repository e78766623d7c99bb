import Logging
import Metrics

/// The connections of the whole process to its database.
///
/// Connections are opened by those who need them, at most `size`; whoever finds none free waits in
/// turn, up to a deadline. After a failed connect everybody is refused at once for a short,
/// growing pause, so that an absent database costs nobody a wait.
public actor ConnectionPool {
  private let settings: ConnectionSettings
  private let time: PoolTime
  private var machine: PoolMachine
  private var connections: [Int: Connection] = [:]
  private var waiting: [Int: CheckedContinuation<PoolMachine.Wake?, Never>] = [:]
  private var nextIdentifier = 0
  private var lastFailure = DatabaseError(code: 2002, message: "not connected yet")
  private var isClosed = false

  private let openGauge = Gauge(label: "pointsd_pool_connections")
  private let busyGauge = Gauge(label: "pointsd_pool_connections_busy")
  private let waitersGauge = Gauge(label: "pointsd_pool_waiters")
  private let connectFailures = Counter(label: "pointsd_pool_connect_failures_total")

  /// Where the pool takes time and chance from.
  public struct PoolTime: Sendable {
    let nowMilliseconds: @Sendable () -> Int64
    let sleep: @Sendable (Duration) async throws -> Void
    let random: @Sendable () -> Double

    public init(
      nowMilliseconds: @escaping @Sendable () -> Int64,
      sleep: @escaping @Sendable (Duration) async throws -> Void,
      random: @escaping @Sendable () -> Double
    ) {
      self.nowMilliseconds = nowMilliseconds
      self.sleep = sleep
      self.random = random
    }

    /// The machine's own clock.
    public static var system: PoolTime {
      let start = ContinuousClock.now
      return PoolTime(
        nowMilliseconds: { Int64((ContinuousClock.now - start) / .milliseconds(1)) },
        sleep: { try await Task.sleep(for: $0) },
        random: { Double.random(in: 0...1) })
    }
  }

  /// A connection taken from the pool; to be given back with `release`.
  public struct Lease: Sendable {
    public let connection: Connection
    let identifier: Int
  }

  /// - Parameter size: connections at the most, 1 to 64.
  public init(settings: ConnectionSettings, size: Int, time: PoolTime = .system) {
    self.settings = settings
    self.time = time
    self.machine = PoolMachine(size: size)
  }

  /// Runs `body` on a connection. Throws `DatabaseError`.
  /// - Parameter deadline: how long to wait for a free connection.
  public func run<Result: Sendable>(
    deadline: Duration = .seconds(2), _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws -> Result {
    let lease = try await lease(deadline: deadline)
    do {
      let result = try await lease.connection.run(body)
      await release(lease)
      return result
    } catch {
      await release(lease)
      throw error
    }
  }

  /// Runs `body` as one transaction.
  public func transaction<Result: Sendable>(
    deadline: Duration = .seconds(2), _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws -> Result {
    try await run(deadline: deadline) { try $0.transaction(.readWrite, body) }
  }

  /// Takes a connection for as long as the caller wants, such as for group reads.
  public func lease(deadline: Duration = .seconds(2)) async throws -> Lease {
    guard !isClosed else { throw DatabaseError(code: 2006, message: "the pool is closed") }
    nextIdentifier += 1
    let waiter = nextIdentifier
    defer { updateGauges() }
    switch machine.acquire(waiter: waiter, nowMilliseconds: time.nowMilliseconds()) {
    case .refuse: throw lastFailure
    case .connect: return try await connect()
    case .use(let identifier, let pingFirst):
      return try await checked(identifier, pingFirst: pingFirst)
    case .wait:
      switch await wake(of: waiter, deadline: deadline) {
      case .use(_, let identifier): return try await checked(identifier, pingFirst: false)
      case .connect: return try await connect()
      case nil:
        throw DatabaseError(
          code: 1040,
          message: "all \(machine.size) connections to the database are in use for \(deadline)")
      }
    }
  }

  /// Gives a connection back. A broken one is closed and another caller may open a new one.
  public func release(_ lease: Lease) async {
    defer { updateGauges() }
    if lease.connection.isBroken || isClosed {
      connections[lease.identifier] = nil
      await lease.connection.close()
      carryOut(machine.lost())
    } else {
      carryOut(
        machine.release(lease.identifier, nowMilliseconds: time.nowMilliseconds()))
    }
  }

  /// Closes the idle connections; the others close when they are given back.
  public func close() async {
    isClosed = true
    for identifier in machine.drainIdle() {
      await connections.removeValue(forKey: identifier)?.close()
    }
  }

  private func checked(_ identifier: Int, pingFirst: Bool) async throws -> Lease {
    guard let connection = connections[identifier] else { return try await connect() }
    guard pingFirst else { return Lease(connection: connection, identifier: identifier) }
    do {
      try await connection.run { try $0.ping() }
      return Lease(connection: connection, identifier: identifier)
    } catch {
      // The server closed it while idle: the place is taken by a new one.
      connections[identifier] = nil
      await connection.close()
      return try await connect()
    }
  }

  private func connect() async throws -> Lease {
    do {
      let connection = try await Connection.open(settings)
      machine.connected()
      nextIdentifier += 1
      connections[nextIdentifier] = connection
      return Lease(connection: connection, identifier: nextIdentifier)
    } catch {
      connectFailures.increment()
      if let failure = error as? DatabaseError { lastFailure = failure }
      carryOut(
        machine.connectFailed(nowMilliseconds: time.nowMilliseconds(), jitter: time.random()))
      throw error
    }
  }

  private func carryOut(_ wakes: [PoolMachine.Wake]) {
    for wake in wakes {
      switch wake {
      case .use(let waiter, _), .connect(let waiter):
        waiting.removeValue(forKey: waiter)?.resume(returning: wake)
      }
    }
  }

  /// Waits in turn; nil when the deadline passed first.
  private func wake(of waiter: Int, deadline: Duration) async -> PoolMachine.Wake? {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // A cancelled sleep means the waiter was served.
        guard (try? await self.time.sleep(deadline)) != nil else { return }
        await self.expire(waiter)
      }
      let wake = await withCheckedContinuation { waiting[waiter] = $0 }
      group.cancelAll()
      return wake
    }
  }

  private func expire(_ waiter: Int) {
    guard machine.giveUp(waiter: waiter) else { return }
    waiting.removeValue(forKey: waiter)?.resume(returning: nil)
  }

  private func updateGauges() {
    openGauge.record(connections.count)
    busyGauge.record(machine.busy)
    waitersGauge.record(machine.waiters.count)
  }
}
