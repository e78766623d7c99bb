import Glibc
import ManagedDatabase
import MariaDB
import Synchronization

/// A MariaDB server of one's own for tests, on a Unix socket in a temporary folder.
///
/// Its data is copied from a template that is made once a machine. It ends, and its folder goes,
/// with this object or with the test's process, however that ends.
///
/// Like a managed database it has the accounts `root` (the operating system's user) and
/// `pointsd` (by password), and the schema `network_project`.
public final class PrivateDatabase: Sendable {
  /// How the daemon's own account connects, to the schema `network_project`.
  public let settings: ConnectionSettings
  /// How an operator connects, who may do everything.
  public let operatorSettings: ConnectionSettings
  /// The folder that holds everything of this server.
  public let folder: String

  private let programs: Programs
  /// Beside those that every server has.
  private let options: [String]
  private let lease: ProcessLease
  private let server: Mutex<ChildProcess?>

  /// The server's socket.
  public var socket: String { "\(folder)/s" }
  /// What the server printed.
  public var log: String { "\(folder)/log" }
  /// The server's process; nil while it is stopped.
  public var process: pid_t? { server.withLock { $0?.identifier } }

  private init(folder: String, programs: Programs, options: [String]) throws {
    self.folder = folder
    self.programs = programs
    self.options = options
    settings = ConnectionSettings(
      endpoint: .socket("\(folder)/s"), user: "pointsd", password: Self.password,
      database: "network_project")
    operatorSettings = ConnectionSettings(
      endpoint: .socket("\(folder)/s"), user: Self.operatorName)
    lease = try ProcessLease(folder: folder)
    server = Mutex(nil)
  }

  deinit {
    server.withLock { $0?.signal(SIGKILL) }
    lease.end()
  }

  /// Starts a server with empty data and waits until it lets clients in.
  /// - Parameter options: of mariadbd, behind those that every private server has.
  public static func start(options: [String] = []) async throws -> PrivateDatabase {
    let programs = try Programs()
    let template = try await DataTemplate.directory(programs)
    let folder = try TemporaryFolder.make()
    try TemporaryFolder.copy(template, to: "\(folder)/data")
    mkdir("\(folder)/tmp", 0o700)
    let database = try PrivateDatabase(folder: folder, programs: programs, options: options)
    try database.writeAccounts()
    try await database.restart()
    return database
  }

  /// One server for all tests of this process that bring their own schema; see `schema()`.
  public static func shared() async throws -> PrivateDatabase {
    try await sharedServer.value
  }

  private static let sharedServer = Task { try await start() }
  private static let lastSchema = Atomic(0)

  /// Makes an empty schema that no other test has, and says how the daemon's account connects to it.
  public func schema() async throws -> ConnectionSettings {
    let number = Self.lastSchema.add(1, ordering: .relaxed).newValue
    let name = "test_\(number)"
    try await asOperator { session in
      try session.executeText("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
      try session.executeText(SchemaGrant(name, to: "pointsd").grant)
    }
    var settings = self.settings
    settings.database = name
    return settings
  }

  /// Runs `body` as an operator, on a connection of its own.
  public func asOperator<Result: Sendable>(
    _ body: @Sendable (Session) throws -> Result
  ) async throws -> Result {
    let connection = try await Connection.open(operatorSettings)
    do {
      let result = try await connection.run(body)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Starts the server, after ending it cleanly if it runs.
  public func restart() async throws {
    try await stop()
    unlink(socket)
    let child = try ChildProcess(programs.server, arguments, log: log)
    server.withLock { $0 = child }
    try lease.guardProcess(child.identifier)
    try await waitUntilReady(child)
  }

  /// Ends the server cleanly and waits for its end.
  public func stop() async throws { try await end(SIGTERM) }

  /// Ends the server as a power failure would, and waits for its end.
  public func kill() async throws { try await end(SIGKILL) }

  /// Makes the server hang: it holds its connections and answers nothing. Returns when each of its
  /// threads has stopped, which takes a moment after the signal.
  public func suspend() throws {
    guard let process = server.withLock({ $0?.identifier }) else { return }
    server.withLock { $0?.signal(SIGSTOP) }
    for _ in 0..<100_000 {
      let threads = TemporaryFolder.names(in: "/proc/\(process)/task")
      let areStopped = threads.allSatisfy { thread in
        // The state comes after the name, which stands in brackets.
        let status = TemporaryFolder.text("/proc/\(process)/task/\(thread)/stat")
        return status.split(separator: ")").last?.hasPrefix(" T") ?? true
      }
      if areStopped { return }
      sched_yield()
    }
    throw TestFault("process \(process) does not stop")
  }

  /// Lets a suspended server continue.
  public func resume() { server.withLock { $0?.signal(SIGCONT) } }

  private func end(_ signal: Int32) async throws {
    guard let child = server.withLock({ $0.take() }) else { return }
    child.signal(signal)
    child.signal(SIGCONT)
    try await child.ended()
    lease.forgetProcess()
  }

  private func waitUntilReady(_ child: ChildProcess) async throws {
    for _ in 0..<1500 {
      do {
        try await Connection.open(settings).close()
        return
      } catch let error as DatabaseError where error.kind == .notDone || error.code == 1045 {
        // 1045: it lets clients in before it has made the accounts.
        guard child.isAlive else { break }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    throw TestFault("the test's mariadbd does not start: \(TemporaryFolder.text(log))")
  }

  private var arguments: [String] {
    [
      "--no-defaults", "--datadir=\(folder)/data", "--socket=\(socket)", "--user=\(Self.userName)",
      "--pid-file=\(folder)/mariadbd.pid", "--init-file=\(folder)/accounts.sql",
      // A server that starts removes the temporary tables of every other in the same place.
      "--tmpdir=\(folder)/tmp", "--skip-networking", "--skip-log-bin", "--skip-name-resolve",
      "--character-set-server=utf8mb4", "--performance-schema=OFF", "--max-connections=150",
      "--innodb-buffer-pool-size=24M", "--innodb-log-file-size=8M",
      "--aria-pagecache-buffer-size=1M",
      "--key-buffer-size=64K", "--innodb-flush-log-at-trx-commit=1",
      // The test's folder does not outlive a power failure, and disks are shared.
      "--innodb-flush-method=nosync",
    ] + options
  }

  private func writeAccounts() throws {
    try TemporaryFolder.write(
      """
      CREATE DATABASE IF NOT EXISTS network_project CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
      CREATE USER IF NOT EXISTS pointsd@localhost IDENTIFIED BY '\(Self.password)';
      \(SchemaGrant("network_project", to: "pointsd").grant);

      """, to: "\(folder)/accounts.sql")
  }

  private static let password = "test"
  /// The account that `mariadb-install-db` makes for the operating system's user.
  private static var operatorName: String { userName }
  static var userName: String {
    getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
  }
}
