import Logging
import MariaDB
import Points
import Synchronization

/// Reads the rows of groups of users, on a connection of the pool that it keeps: the hot path.
///
/// A read goes to the connection's queue without a task, by a statement prepared once for each
/// size, and allocates little. When the connection is lost, those who wait get an error, and the next
/// read takes another connection; the pool keeps those attempts apart.
public final class GroupReader: PointsReader {
  private enum State {
    case idle
    /// A connection is being taken; these reads wait for it.
    case leasing([Request])
    case ready(ConnectionPool.Lease)
  }

  private struct Request: Sendable {
    let users: [String]
    let deliver: @Sendable (Result<[PointsRow], ReadFailure>) -> Void
  }

  private let pool: ConnectionPool
  private let keepsConnection: Bool
  private let logger: Logger
  private let clock: any Clock<Duration>
  private let state = Mutex(State.idle)
  /// Reads that were begun and that were finished, for the deadline.
  private let begun = Atomic(0)
  private let finished = Atomic(0)
  /// Whether the database refused the latest read; said once, however many ask.
  private let isRefused = Atomic(false)
  private let hasRead = Atomic(false)

  /// How often the deadline is looked at. A read that is under way at two looks in a row has taken
  /// longer than one such pause, and is given up after two at the latest.
  private static let deadlinePause = Duration.milliseconds(700)
  /// More users than this are read by several statements.
  private static let largestGroup = 1024

  /// - Parameter keepsConnection: false where the pool has no connection to spare; each read then
  ///   takes one and gives it back.
  public init(
    pool: ConnectionPool, keepsConnection: Bool = true,
    clock: any Clock<Duration> = ContinuousClock(), logger: Logger
  ) {
    self.pool = pool
    self.keepsConnection = keepsConnection
    self.clock = clock
    self.logger = logger
  }

  public func readRows(
    of users: [String],
    deliver: @escaping @Sendable (Result<[PointsRow], ReadFailure>) -> Void
  ) {
    guard keepsConnection else {
      Task { deliver(await readOnce(users)) }
      return
    }
    let request = Request(users: users, deliver: deliver)
    var mustLease = false
    let connection: Connection? = state.withLock { state in
      switch state {
      case .ready(let lease): return lease.connection
      case .leasing(let waiting): state = .leasing(waiting + [request])
      case .idle:
        state = .leasing([request])
        mustLease = true
      }
      return nil
    }
    if let connection {
      send(request, on: connection)
    } else if mustLease {
      Task { await lease() }
    }
  }

  private func send(_ request: Request, on connection: Connection) {
    begun.add(1, ordering: .relaxed)
    connection.enqueue { session in
      guard case .success(let session) = session else {
        // Closed after it was given up: nothing was asked yet, so another connection is.
        self.finished.add(1, ordering: .relaxed)
        return self.readRows(of: request.users, deliver: request.deliver)
      }
      let result = Result { () throws in try Self.read(request.users, session) }
      self.finished.add(1, ordering: .relaxed)
      switch result {
      case .success(let rows):
        if !self.hasRead.load(ordering: .relaxed) { self.hasRead.store(true, ordering: .relaxed) }
        if self.isRefused.load(ordering: .relaxed) { self.readsAgain() }
        request.deliver(.success(rows))
      case .failure(let error):
        self.failed(on: connection, error)
        request.deliver(.failure(ReadFailure(reason: "\(error)")))
      }
    }
  }

  private func readOnce(_ users: [String]) async -> Result<[PointsRow], ReadFailure> {
    do {
      return .success(try await pool.run { try Self.read(users, $0) })
    } catch {
      return .failure(ReadFailure(reason: "\(error)"))
    }
  }

  /// Takes a connection and sends what has waited for it.
  private func lease() async {
    let result: Result<ConnectionPool.Lease, any Error>
    do {
      result = .success(try await pool.lease())
    } catch {
      result = .failure(error)
    }
    let waiting = state.withLock { state -> [Request] in
      guard case .leasing(let waiting) = state else { return [] }
      switch result {
      case .success(let lease): state = .ready(lease)
      case .failure: state = .idle
      }
      return waiting
    }
    switch result {
    case .success(let lease):
      for request in waiting { send(request, on: lease.connection) }
      await watchDeadline(of: lease)
    case .failure(let error):
      let failure = ReadFailure(reason: "\(error)")
      for request in waiting { request.deliver(.failure(failure)) }
    }
  }

  /// Cuts the connection when a read takes too long: a server that hangs must not keep clients
  /// waiting for the connection's own, longer deadline. Returns when the connection is lost.
  private func watchDeadline(of lease: ConnectionPool.Lease) async {
    var suspect: Int?
    while !lease.connection.isBroken {
      do { try await clock.sleep(for: Self.deadlinePause) } catch { break }
      let done = finished.load(ordering: .relaxed)
      let isBusy = done < begun.load(ordering: .relaxed)
      if isBusy, suspect == done {
        logger.warning(
          "the database takes too long to read points, taking another connection",
          metadata: ["event": "database"])
        lease.connection.abort()
        break
      }
      suspect = isBusy ? done : nil
    }
    if let lost = giveUp(lease.connection) { await pool.release(lost) }
  }

  private func failed(on connection: Connection, _ error: any Error) {
    // Before the first read the tables are being made: who prepares the ledger says what is wrong.
    let isMissing = (error as? DatabaseError)?.code == 1146
    if isMissing, !hasRead.load(ordering: .relaxed) { return }
    guard connection.isBroken else {
      if !isRefused.exchange(true, ordering: .relaxed) {
        logger.error("points cannot be read: \(error)", metadata: ["event": "database"])
      }
      return
    }
    if let lost = giveUp(connection) { Task { await pool.release(lost) } }
  }

  private func readsAgain() {
    guard isRefused.exchange(false, ordering: .relaxed) else { return }
    logger.info("points can be read again", metadata: ["event": "database"])
  }

  /// The next read takes another connection.
  /// - Returns: the lease, to be given back by the caller that asks first.
  private func giveUp(_ connection: Connection) -> ConnectionPool.Lease? {
    state.withLock { state in
      guard case .ready(let lease) = state, lease.connection === connection else { return nil }
      state = .idle
      return lease
    }
  }

  /// `SELECT` for 1, 2, 4, … names.
  private static let statements: [String] = (0...10).map { power in
    let list = Statement.placeholders(1 << power)
    return "SELECT user, points, datetime_stamp FROM user_tracking WHERE user IN (\(list))"
  }

  private static func read(_ users: [String], _ session: Session) throws -> [PointsRow] {
    guard users.count <= largestGroup else {
      let (first, rest) = (users.prefix(largestGroup), users.dropFirst(largestGroup))
      return try read(Array(first), session) + read(Array(rest), session)
    }
    var power = 0
    while 1 << power < users.count { power += 1 }
    var values = users.map { Value.text($0) }
    while values.count < 1 << power { values.append(values[0]) }
    var rows: [PointsRow] = []
    rows.reserveCapacity(users.count)
    try session.query(statements[power], values) { row in
      let points = try row.integer(1)
      let stamp = try row.stamp(2)
      let user = try row.withBytes(0) { name(among: users, is: $0) } ?? row.text(0)
      rows.append(PointsRow(user: user, points: points, stamp: stamp))
    }
    return rows
  }

  /// The name with these bytes among a few, so that no string is allocated.
  private static func name(among users: [String], is bytes: UnsafeRawBufferPointer?) -> String? {
    guard let bytes, users.count <= 8 else { return nil }
    return users.first { $0.utf8.elementsEqual(bytes) }
  }
}
