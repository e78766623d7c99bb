import Files
import Glibc
import Logging
import MariaDB

/// A private MariaDB server, made, started, watched and stopped by this daemon.
///
/// It listens on a Unix socket only. The daemon's own account has a new random password at each
/// start, which is kept in memory; people come in as the operating system's user they are. A server
/// that an earlier daemon left behind is taken over; one that crashes is started again. A server that
/// has answered once is never killed; one that never did holds nothing and is.
public actor ManagedDatabase {
  /// What the database is doing, for status lines.
  public enum State: Sendable, Hashable {
    case stopped
    /// The data is being made, the first time.
    case initialising
    /// The server was started or found running and does not let us in yet.
    case starting(process: Int32)
    /// System tables of an older version are being brought to the installed one.
    case upgrading(process: Int32)
    case running(process: Int32)
    /// The server ended; it is started again after a pause.
    case backingOff(reason: String)
    case stopping(process: Int32)
  }

  let layout: DatabaseLayout
  let logger: Logger
  let programs: Programs
  /// The account of the operating system that owns the data, which the server runs as.
  let owner: String
  /// The account of the operating system that this daemon runs as.
  let administrator: String
  let schema: String
  private let lock: DirectoryLock
  /// How long a server that an earlier daemon left behind, and that never answered, may still take.
  let orphanGrace: Duration
  private var server: ChildProcess?
  /// Whether the present server has let a daemon in.
  var hasAnswered = false
  private var isStopping = false
  /// Where in the log the present server's messages begin.
  var logOffset = 0

  /// What the database is doing.
  public internal(set) var state = State.stopped

  /// Whether the server runs and lets the daemon's own account in.
  public var isReady: Bool { if case .running = state { true } else { false } }

  /// Whether there is data in the directory; false before the first start.
  public nonisolated var hasData: Bool { layout.dataDirectory != nil }

  /// How the daemon's own account connects.
  public nonisolated let settings: ConnectionSettings

  /// Where the server listens, for shells; also in the file `socket-path` of the directory.
  public nonisolated var socket: String { layout.socket }

  /// Where the server's messages go.
  public nonisolated var log: String { layout.log }

  /// The name of the daemon's own account; nobody else uses it, so that edits by hand can be recognised.
  /// It is no name that a user of the operating system would have, as those are accounts too.
  public static let account = "pointsd_service"

  /// Takes the directory; nothing is started yet.
  /// - Parameters:
  ///   - directory: made if missing.
  ///   - schema: the name of the database in it, made if missing: letters, digits and `_`.
  ///   - orphanGrace: how long a server that an earlier daemon left behind, and that never
  ///     answered, may still take before it is killed and another is started.
  public init(
    directory: String, schema: String, orphanGrace: Duration = .seconds(10), logger: Logger
  ) throws(ManagedDatabaseError) {
    self.programs = try Programs()
    self.layout = try DatabaseLayout(preparing: directory)
    self.owner = try Self.ownerName(layout.directory.account.user, of: layout.directory.path)
    self.administrator = try Self.administratorName()
    self.lock = try DirectoryLock(DatabaseLayout.Name.lock, in: layout.directory)
    do throws(FileError) {
      try layout.makePlaces()
    } catch {
      throw .unusable("\(error)")
    }
    self.schema = schema
    self.orphanGrace = orphanGrace
    self.logger = logger
    var generator = SystemRandomNumberGenerator()
    let password = (0..<4).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
    self.settings = ConnectionSettings(
      endpoint: .socket(layout.socket), user: Self.account, password: password, database: schema)
  }

  private static func ownerName(
    _ owner: uid_t, of directory: String
  ) throws(ManagedDatabaseError) -> String {
    guard getuid() == 0 || owner == getuid() else {
      throw .unusable(
        "the data directory \(directory) belongs to "
          + "\(accountName(owner)), and pointsd runs as \(accountName(getuid())); "
          + "run it as the owner or change the owner")
    }
    guard getpwuid(owner) != nil else {
      throw .unusable("user \(owner), the owner of \(directory), has no name on this machine")
    }
    return accountName(owner)
  }

  private static func administratorName() throws(ManagedDatabaseError) -> String {
    guard getpwuid(getuid()) != nil else {
      throw .unusable(
        "user \(getuid()), which pointsd runs as, has no name on this machine, "
          + "by which the database would know it; run it as a user of /etc/passwd")
    }
    let name = accountName(getuid())
    guard name != account else {
      throw .unusable("pointsd cannot run as a user named \(account): its own account is named so")
    }
    return name
  }

  /// Keeps the server running until the task is cancelled; `stop` then ends it.
  ///
  /// Throws `ManagedDatabaseError` when another try cannot help. Any other failure is logged and
  /// tried again, with growing pauses.
  public func run() async throws {
    var faults = 0
    while !Task.isCancelled, !isStopping {
      do {
        let ending = try await serve { faults = 0 }
        guard !Task.isCancelled, !isStopping else { return }
        report(ending)
      } catch is CancellationError {
        return
      } catch let error as ManagedDatabaseError where error.isFinal {
        state = .stopped
        throw error
      } catch {
        guard !isStopping else { return }
        state = .backingOff(reason: "\(error)")
        logger.error("the private mariadbd: \(error)", metadata: ["event": "database"])
      }
      faults += 1
      // A cancelled pause ends the loop.
      try? await Task.sleep(for: .milliseconds(min(30_000, 250 << min(faults, 7))))
    }
  }

  /// Starts the server, or takes it over, lets the daemon's account in and waits for the end.
  private func serve(whenReady: () -> Void) async throws -> ChildProcess.Ending {
    try refuseNewerVersion()
    if !layout.directory.contains(DatabaseLayout.Name.data) {
      state = .initialising
      try await initialise()
    }
    await removeUnfinished()
    let server = try ensureServer()
    self.server = server
    state = .starting(process: server.identifier)
    try await admit(server)
    state = .running(process: server.identifier)
    logger.info(
      "mariadbd (process \(server.identifier)) answers at \(layout.socket)",
      metadata: ["event": "database"])
    whenReady()
    return try await server.ended()
  }

  private func report(_ ending: ChildProcess.Ending) {
    let how = if case .status(let status) = ending { " with status \(status)" } else { "" }
    state = .backingOff(reason: "mariadbd ended\(how)")
    logger.error(
      """
      the private mariadbd ended\(how), starting it again; \
      its log \(layout.log) says: \(logReason(.last))
      """, metadata: ["event": "database"])
  }

  /// Asks the server to end and waits until it has written everything.
  ///
  /// One that has answered is never killed: if it takes longer it goes on ending by itself, and the
  /// next start takes it over or waits for it. One that never did is killed.
  /// - Parameter deadline: how long to wait.
  /// - Returns: whether it has ended.
  @discardableResult
  public func stop(deadline: Duration = .seconds(60)) async -> Bool {
    isStopping = true
    guard let server, server.isAlive else {
      state = .stopped
      return true
    }
    state = .stopping(process: server.identifier)
    // SIGTERM to a server that is starting may hang it for ever.
    server.signal(hasAnswered ? SIGTERM : SIGKILL)
    let hasEnded = await withTaskGroup(of: Bool.self) { group in
      group.addTask { (try? await server.ended()) != nil }
      group.addTask {
        // Cancelled when the server has ended first.
        try? await Task.sleep(for: deadline)
        return false
      }
      let first = await group.next() ?? false
      group.cancelAll()
      return first
    }
    if hasEnded {
      state = .stopped
      self.server = nil
    } else {
      logger.warning(
        "mariadbd (process \(server.identifier)) is still writing and is left to end by itself",
        metadata: ["event": "database"])
    }
    return hasEnded
  }
}
