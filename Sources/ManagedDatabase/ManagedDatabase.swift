import Glibc
import Logging
import MariaDB

/// A private MariaDB server, made, started, watched and stopped by this daemon.
///
/// It listens on a Unix socket only. The daemon's own account has a new random password at each
/// start, which is kept in memory; people come in as the operating system's user they are. A server
/// that an earlier daemon left behind is taken over, never killed.
public actor ManagedDatabase {
  let layout: DatabaseLayout
  let logger: Logger
  private let lock: DirectoryLock
  let programs: Programs
  /// The account that owns the data, which the server runs as.
  let owner: String
  let schema: String
  var server: ChildProcess?
  private var isStopping = false
  /// Whether the server runs and lets the daemon's own account in.
  public private(set) var isReady = false

  /// How the daemon's own account connects.
  public nonisolated let settings: ConnectionSettings

  /// Where the server listens, for shells.
  public nonisolated var socket: String { layout.socket }

  /// The name of the daemon's own account; nobody else uses it, so that edits by hand can be told.
  public static let account = "pointsd"

  /// Takes the directory; nothing is started yet.
  /// - Parameters:
  ///   - directory: made if missing.
  ///   - schema: the name of the database in it, made if missing.
  public init(directory: String, schema: String, logger: Logger) throws(ManagedDatabaseError) {
    self.layout = DatabaseLayout(directory: directory)
    self.programs = try Programs()
    // mariadb-install-db, a shell script, takes a path with a blank for several.
    guard !directory.contains(where: \.isWhitespace) else {
      throw .unusable(
        "database.managed.dataDirectory is \(directory): it must not contain blanks, "
          + "which MariaDB's programs cannot handle")
    }
    try layout.makeDirectories()
    self.lock = try DirectoryLock(path: layout.lock)
    let owner = Files.owner(directory) ?? getuid()
    guard getuid() == 0 || owner == getuid() else {
      throw .unusable(
        "the data directory \(directory) belongs to "
          + "\(Files.userName(owner) ?? "user \(owner)"), and pointsd runs as "
          + "\(Files.userName(getuid()) ?? "user \(getuid())"); run it as the owner or change the owner"
      )
    }
    guard let name = Files.userName(owner) else {
      throw .unusable("user \(owner), the owner of \(directory), has no name on this machine")
    }
    self.owner = name
    self.schema = schema
    self.logger = logger
    var generator = SystemRandomNumberGenerator()
    let password = (0..<4).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
    self.settings = ConnectionSettings(
      endpoint: .socket(layout.socket), user: Self.account, password: password, database: schema)
  }

  /// Keeps the server running until the task is cancelled; `stop` then ends it.
  public func run() async throws {
    try refuseNewerVersion()
    if !Files.exists(layout.data) { try await initialise() }
    var faults = 0
    while !Task.isCancelled, !isStopping {
      do {
        let server = try ensureServer()
        self.server = server
        try await admit()
        isReady = true
        faults = 0
        let ending = try await server.ended()
        isReady = false
        guard !Task.isCancelled, !isStopping else { return }
        let how = if case .status(let status) = ending { " with status \(status)" } else { "" }
        logger.error(
          """
          the private mariadbd (process \(server.identifier)) ended\(how), starting it again; \
          the last lines of \(layout.log): \(Files.lastLines(layout.log, count: 3))
          """, metadata: ["event": "database"])
      } catch is CancellationError {
        return
      } catch {
        guard !isStopping else { return }
        logger.error("the private mariadbd: \(error)", metadata: ["event": "database"])
      }
      faults += 1
      try? await Task.sleep(for: .milliseconds(min(30_000, 250 << min(faults, 7))))
    }
  }

  /// Asks the server to end and waits until it has written everything, up to the deadline. One
  /// that takes longer is left to finish by itself; the next daemon takes it over or starts anew.
  public func stop(deadline: Duration) async {
    isStopping = true
    guard let server, server.isAlive else { return }
    server.signal(SIGTERM)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = try? await server.ended() }
      group.addTask { try? await Task.sleep(for: deadline) }
      await group.next()
      group.cancelAll()
    }
    if server.isAlive {
      logger.warning(
        "the private mariadbd (process \(server.identifier)) is still writing and was left to finish",
        metadata: ["event": "database"])
    }
    self.server = nil
  }
}
