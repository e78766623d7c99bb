import MariaDB
import Synchronization
import TestSupport
import Testing

@Suite("The pool on a real server")
struct ConnectionPoolTests {
  /// A clock that stands still until it is told to go on.
  private final class ManualTime: Sendable {
    private let state = Mutex((now: Int64(0), planned: [(at: Int64, body: @Sendable () -> Void)]()))

    var poolTime: PoolTime {
      PoolTime(
        nowMilliseconds: { self.state.withLock { $0.now } },
        after: { delay, body in self.state.withLock { $0.planned.append(($0.now + delay, body)) } },
        random: { 0 })
    }

    func advance(by milliseconds: Int64) {
      let due = state.withLock { state in
        state.now += milliseconds
        let due = state.planned.filter { $0.at <= state.now }
        state.planned.removeAll { $0.at <= state.now }
        return due
      }
      for entry in due.sorted(by: { $0.at < $1.at }) { entry.body() }
    }
  }

  /// The order in which things happened.
  private final class Order: Sendable {
    private let list = Mutex<[Int]>([])
    var numbers: [Int] { list.withLock { $0 } }
    func append(_ number: Int) { list.withLock { $0.append(number) } }
  }

  /// Lets the pool work until its status is as wanted.
  private func wait(
    for pool: ConnectionPool, until isAsWanted: (ConnectionPool.Status) -> Bool
  ) async throws {
    for _ in 0..<2000 {
      if isAsWanted(await pool.status) { return }
      await Task.yield()
      try await Task.sleep(for: .milliseconds(1))
    }
    throw TestFault("the pool never came there: \(await pool.status)")
  }

  @Test func connectionsAreSharedAndBounded() async throws {
    let settings = try await PrivateDatabase.shared().schema()
    let pool = ConnectionPool(settings: settings, size: 3)
    let identifiers = try await withThrowingTaskGroup(of: Int64.self) { group in
      for _ in 0..<60 {
        group.addTask {
          try await pool.run(deadline: .seconds(20)) { session in
            try session.query("SELECT CONNECTION_ID()") { try $0.integer(0) }[0]
          }
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect((1...3).contains(identifiers.count))
    let status = await pool.status
    #expect(status.busy == 0)
    #expect(status.waiters == 0)
    #expect(status.connections <= 3)
    await pool.close()
  }

  @Test func deadlinesGoByTheInjectedClock() async throws {
    let settings = try await PrivateDatabase.shared().schema()
    let time = ManualTime()
    let pool = ConnectionPool(settings: settings, size: 1, time: time.poolTime)
    let held = try await pool.lease()
    async let late = Result { try await pool.lease(deadline: .seconds(1)) }
    try await wait(for: pool) { $0.waiters == 1 }
    time.advance(by: 999)
    #expect(await pool.status.waiters == 1)
    time.advance(by: 1)
    guard case .failure(let error as DatabaseError) = await late else {
      throw TestFault("the deadline did not pass")
    }
    #expect(error.kind == .notDone)
    #expect(
      error.message
        == "no database connection became free within 1.0 seconds: 1 of 1 are in use, 0 wait")
    await pool.release(held)
    await pool.close()
  }

  @Test func waitersAreServedInTurn() async throws {
    let settings = try await PrivateDatabase.shared().schema()
    let pool = ConnectionPool(settings: settings, size: 1)
    let held = try await pool.lease()
    let order = Order()
    try await withThrowingTaskGroup { group in
      for number in 1...5 {
        group.addTask {
          try await pool.run(deadline: .seconds(20)) { _ in order.append(number) }
        }
        try await wait(for: pool) { $0.waiters == number }
      }
      await pool.release(held)
      try await group.waitForAll()
    }
    #expect(order.numbers == [1, 2, 3, 4, 5])
    await pool.close()
  }

  @Test func aCancelledWaiterEndsAtOnce() async throws {
    let settings = try await PrivateDatabase.shared().schema()
    let pool = ConnectionPool(settings: settings, size: 1)
    let held = try await pool.lease()
    try await withThrowingTaskGroup { group in
      group.addTask {
        await #expect(throws: CancellationError.self) {
          try await pool.lease(deadline: .seconds(1000))
        }
      }
      try await wait(for: pool) { $0.waiters == 1 }
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(await pool.status.waiters == 0)
    await pool.release(held)
    await pool.close()
  }

  @Test func theServerGoesAndComesBack() async throws {
    let database = try await PrivateDatabase.start()
    let pool = ConnectionPool(settings: database.settings, size: 2)
    let one = try await pool.lease()
    let two = try await pool.lease()
    await pool.release(two)
    try await database.kill()
    await #expect(throws: DatabaseError.self) {
      try await one.connection.run { _ = try $0.execute("DO 1") }
    }
    #expect(one.connection.isBroken)
    await pool.release(one)
    // The idle connection was doubted too, and found dead.
    try await wait(for: pool) { $0.connections == 0 }
    let refused = await Result { try await pool.run { _ = try $0.execute("DO 1") } }
    guard case .failure(let error as DatabaseError) = refused else {
      throw TestFault("the absent server answers")
    }
    #expect(error.kind == .notDone)
    try await database.restart()
    // Without being asked the pool connects again.
    try await wait(for: pool) { $0.idle == 1 && $0.failure == nil }
    try await pool.run { _ = try $0.execute("DO 1") }
    await pool.close()
    try await database.stop()
  }

  @Test func aStatementThatFailsGivesItsConnectionBack() async throws {
    let settings = try await PrivateDatabase.shared().schema()
    let pool = ConnectionPool(settings: settings, size: 1)
    for _ in 0..<3 {
      await #expect(throws: DatabaseError.self) {
        try await pool.run { _ = try $0.execute("SELEC") }
      }
      await #expect(throws: DatabaseError.self) {
        try await pool.transaction { _ = try $0.execute("SELEC") }
      }
    }
    let status = await pool.status
    #expect(status.connections == 1 && status.idle == 1 && status.failure == nil)
    await pool.close()
    await #expect(throws: DatabaseError.self) { try await pool.lease() }
  }
}
