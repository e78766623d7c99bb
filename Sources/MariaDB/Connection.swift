import Dispatch
import QueueExecutor

/// One connection to the database: an actor on its own queue, the only place that blocks.
///
/// Everything that is sent goes through a `Session`, inside one synchronous closure, so that
/// nothing comes between its statements. A connection that is lost stays lost; open a new one.
public actor Connection {
  private nonisolated let executor = QueueExecutor(label: "pointsd.mariadb")
  private nonisolated let link: ConnectionLink
  private let session: Session

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// A connection that is not open yet.
  init() {
    link = ConnectionLink()
    session = Session(link: link)
  }

  /// Connects, logs in and makes the session what `settings` say.
  ///
  /// Throws `DatabaseError`; nothing is left behind when it does.
  public static func open(_ settings: ConnectionSettings) async throws -> Connection {
    let connection = Connection()
    try await connection.open(settings)
    return connection
  }

  /// Connects from outside of any task; `completion` is called on the connection's queue.
  nonisolated func open(
    _ settings: ConnectionSettings,
    completion: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    onQueue { connection in
      completion(Result { try connection.session.open(settings) })
    }
  }

  private func open(_ settings: ConnectionSettings) throws {
    try session.open(settings)
  }

  /// Whether the connection is known to be lost or closed.
  public nonisolated var isBroken: Bool { !link.isOpen }

  /// Runs statements; outside of a transaction, each is committed by itself.
  public func run<Result: Sendable>(
    _ body: @Sendable (Session) throws -> Result
  ) throws -> Result {
    guard !session.isBroken else { throw Self.closed }
    return try body(session)
  }

  /// Runs `body` as one transaction; see `Session.transaction`.
  public func transaction<Result: Sendable>(
    _ access: Session.Access = .readWrite, _ body: @Sendable (Session) throws -> Result
  ) throws -> Result {
    try session.transaction(access, body)
  }

  /// Runs `body` on the connection's queue as soon as what was asked before it is done, without a
  /// task: the way of the hot path. `body` is always called, with a failure if the connection is
  /// lost.
  public nonisolated func enqueue(
    _ body: @escaping @Sendable (Result<Session, DatabaseError>) -> Void
  ) {
    onQueue { connection in
      body(connection.session.isBroken ? .failure(Self.closed) : .success(connection.session))
    }
  }

  /// Says good-bye to the server and gives everything back, after what is being done.
  public func close() {
    session.close()
  }

  /// Closes from outside of any task.
  nonisolated func closeLater() {
    onQueue { $0.close() }
  }

  /// Cuts the connection from any thread, without waiting: what it is doing fails with 2013, the
  /// outcome unknown.
  public nonisolated func abort() {
    link.cut()
  }

  /// Runs `body` isolated to this actor, on its queue.
  private nonisolated func onQueue(_ body: @escaping @Sendable (isolated Connection) -> Void) {
    executor.queue.async {
      self.assumeIsolated { body($0) }
    }
  }

  private static let closed = Session.closed(nil)
}
