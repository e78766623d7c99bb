import Glibc
import Logging
import ManagedDatabase
import MariaDB
import TestSupport

/// A folder for a managed database, which goes away with its server when the test ends.
final class ManagedFixture: Sendable {
  let folder: String
  private let lease: ProcessLease

  var directory: String { "\(folder)/database" }
  /// Where MariaDB noted the version of the data; its name changed with MariaDB 11.
  var versionMark: String {
    let marks = ["mariadb_upgrade_info", "mysql_upgrade_info"].map { "\(directory)/data/\($0)" }
    return marks.first { !TemporaryFolder.text($0).isEmpty } ?? marks[0]
  }

  init() throws {
    folder = try TemporaryFolder.make()
    lease = try ProcessLease(folder: folder)
  }

  deinit { lease.end() }

  func open(
    _ directory: String? = nil, orphanGrace: Duration = .seconds(10)
  ) throws -> ManagedDatabase {
    try ManagedDatabase(
      directory: directory ?? self.directory, schema: "network_project", orphanGrace: orphanGrace,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Runs the database while `body` does, from the moment it answers.
  /// - Parameter leavesOrphan: ends as a killed daemon does, with the server left alone.
  func running<Result: Sendable>(
    _ database: ManagedDatabase, leavesOrphan: Bool = false,
    _ body: @Sendable (pid_t) async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await database.run() }
      do {
        let process = try await wait(for: database)
        let result = try await body(process)
        group.cancelAll()
        if !leavesOrphan { await database.stop() }
        return result
      } catch {
        group.cancelAll()
        await database.stop()
        throw error
      }
    }
  }

  /// Waits until the database answers, and returns the server's process.
  @discardableResult
  func wait(for database: ManagedDatabase, otherThan old: pid_t? = nil) async throws -> pid_t {
    let state = try await wait(for: database) { state in
      if case .running(let process) = state { process != old } else { false }
    }
    guard case .running(let process) = state else { throw TestFault("not running: \(state)") }
    try lease.guardProcess(process)
    return process
  }

  /// Waits until the state is as wanted.
  @discardableResult
  func wait(
    for database: ManagedDatabase, until isAsWanted: (ManagedDatabase.State) -> Bool
  ) async throws -> ManagedDatabase.State {
    for _ in 0..<3000 {
      let state = await database.state
      if isAsWanted(state) { return state }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw TestFault("the database never came there: \(await database.state)")
  }

  /// What one statement answers, as text, on a connection of its own.
  func ask(_ settings: ConnectionSettings, _ sql: String) async throws -> [String] {
    let connection = try await Connection.open(settings)
    do {
      let rows = try await connection.run { session in
        try session.query(sql) { try $0.text(0) }
      }
      await connection.close()
      return rows
    } catch {
      await connection.close()
      throw error
    }
  }
}

/// Whether there is such a process, and it is no zombie.
func isAlive(_ process: pid_t) -> Bool {
  !TemporaryFolder.text("/proc/\(process)/cmdline").isEmpty
}

/// The name of the user who runs the tests.
var userName: String { getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root" }
