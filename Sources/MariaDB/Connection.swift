import Dispatch
import Synchronization

/// One connection to the database: an actor on its own queue, the only place that blocks.
///
/// Everything that is sent goes through a `Session`, inside one synchronous closure, so that
/// nothing comes between its statements. A connection that is lost stays lost; open a new one.
public actor Connection {
  /// For logs: a number that rises with each connection of the process.
  public nonisolated let number: Int
  /// What the connection was opened with.
  public nonisolated let settings: ConnectionSettings

  private nonisolated let executor: QueueExecutor
  private nonisolated let link = ConnectionLink()
  private let session: Session

  private static let lastNumber = Atomic(0)

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// A connection that is not open yet.
  init(_ settings: ConnectionSettings) {
    self.settings = settings
    number = Self.lastNumber.add(1, ordering: .relaxed).newValue
    executor = QueueExecutor(label: "database.connection.\(number)")
    session = Session(link: link)
  }

  /// Connects, logs in and makes the session what `settings` say.
  ///
  /// Throws `DatabaseError`; nothing is left behind when it does.
  public static func open(_ settings: ConnectionSettings) async throws -> Connection {
    let connection = Connection(settings)
    try await connection.open()
    return connection
  }

  private func open() throws {
    try session.open(settings)
  }

  /// Opens from outside of any task; `completion` is called on the connection's queue.
  nonisolated func open(completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
    onQueue { connection in
      completion(Result { try connection.open() })
    }
  }

  /// Whether statements can still be sent, as far as is known.
  public nonisolated var isOpen: Bool { link.isOpen }

  /// Runs statements; outside of a transaction, each is committed by itself.
  public func run<T: Sendable>(_ body: @Sendable (Session) throws -> T) throws -> T {
    try body(session)
  }

  /// Runs `body` in one transaction: committed when it returns, rolled back when it throws.
  ///
  /// When the reply to COMMIT does not come, the error's kind is `unknown`: look, then decide.
  public func transaction<T: Sendable>(
    _ access: TransactionAccess = .readWrite, _ body: @Sendable (Session) throws -> T
  ) throws -> T {
    try session.transaction(access, body)
  }

  /// Runs `body` on the connection's queue as soon as what was asked before it is done, without a
  /// task: the path for group reads. `body` is called even if the connection is lost; its
  /// statements then throw.
  public nonisolated func enqueue(_ body: @escaping @Sendable (Session) -> Void) {
    onQueue { connection in
      body(connection.session)
    }
  }

  /// Asks the server whether it is there (COM_PING).
  public func ping() throws {
    try session.ping()
  }

  /// Says good-bye to the server and gives everything back, after what is being done.
  public func close() {
    session.close()
  }

  /// Closes from outside of any task, after what was asked before.
  nonisolated func closeLater(completion: @escaping @Sendable () -> Void) {
    onQueue { connection in
      connection.session.close()
      completion()
    }
  }

  /// Cuts the connection from any thread: what it is waiting for fails with 2013, the outcome
  /// unknown.
  public nonisolated func abort() {
    link.cut()
  }

  /// Runs `body` isolated to this actor, on its queue.
  private nonisolated func onQueue(_ body: @escaping @Sendable (isolated Connection) -> Void) {
    executor.queue.async {
      self.assumeIsolated { body($0) }
    }
  }
}

/// What a transaction may do and sees.
public enum TransactionAccess: Sendable, Hashable {
  case readWrite
  /// Reads only, all from one moment: the moment the transaction begins.
  case snapshot
}
