import Dispatch
import QueueExecutor

/// One connection to MariaDB on a serial queue of its own: the only place that blocks.
///
/// A closure given to it runs synchronously on that queue, so nothing can come between its
/// statements.
public actor Connection {
  private nonisolated let executor: QueueExecutor
  private var session: Session?

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private init(executor: QueueExecutor) {
    self.executor = executor
  }

  /// Connects; throws `DatabaseError`.
  public static func open(_ settings: ConnectionSettings) async throws -> Connection {
    let connection = Connection(executor: QueueExecutor(label: "pointsd.mariadb"))
    try await connection.connect(settings)
    return connection
  }

  private func connect(_ settings: ConnectionSettings) throws {
    session = try Session(settings)
  }

  /// Runs `body` on the connection's queue.
  public func run<Result: Sendable>(
    _ body: @Sendable (Session) throws -> Result
  ) throws -> Result {
    guard let session else { throw Self.closed }
    return try body(session)
  }

  /// Runs `body` as one transaction.
  public func transaction<Result: Sendable>(
    _ body: @Sendable (Session) throws -> Result
  ) throws -> Result {
    try run { try $0.transaction(body) }
  }

  /// Runs `body` on the connection's queue without a task: the way of the hot path.
  public nonisolated func enqueue(
    _ body: @escaping @Sendable (Result<Session, DatabaseError>) -> Void
  ) {
    executor.queue.async {
      self.assumeIsolated { connection in
        body(connection.session.map { .success($0) } ?? .failure(Self.closed))
      }
    }
  }

  /// Whether the connection has been lost or closed.
  public var isBroken: Bool { session?.isBroken ?? true }

  public func close() {
    session = nil
  }

  private static let closed = DatabaseError(code: 2006, message: "the connection is closed")
}
