import Foundation
import Glibc
import MariaDB
import TestSupport
import Testing

/// A schema of its own on a server that outlives the daemons on it: what they left in it can be
/// looked at when they have ended.
struct GivenServer {
  let database: PrivateDatabase
  /// Of the daemon's account.
  let settings: ConnectionSettings

  static func make(_ database: PrivateDatabase) async throws -> GivenServer {
    GivenServer(database: database, settings: try await database.schema())
  }

  var schema: String { settings.database ?? "" }

  /// The configuration's `database`.
  /// - Parameter proxy: what stands between; nil for nothing.
  func section(_ proxy: CommitDroppingProxy? = nil) throws -> [String: Any] {
    let password = "\(database.folder)/password"
    try TemporaryFolder.write(settings.password ?? "", to: password)
    chmod(password, 0o600)
    guard case .socket(let path) = (proxy?.settings ?? settings).endpoint else { return [:] }
    return ["hosts": [path], "name": schema, "user": settings.user, "passwordFile": password]
  }

  /// A daemon on this schema, not started.
  func daemon(
    _ options: Daemon.Options = Daemon.Options(), through proxy: CommitDroppingProxy? = nil
  ) throws -> Daemon {
    var options = options
    options.extra["database"] = try section(proxy)
    return try Daemon(options)
  }

  /// A SQL shell of the operating system's user that stays open.
  func shell() async throws -> Connection {
    var settings = database.operatorSettings
    settings.database = schema
    return try await Connection.open(settings)
  }

  /// Runs statements as a person at a SQL shell would.
  func byHand(_ statements: String...) async throws {
    let shell = try await shell()
    do {
      try await shell.run { session in
        for statement in statements { try session.executeText(statement) }
      }
    } catch {
      await shell.close()
      throw error
    }
    await shell.close()
  }

  /// Column 0 of a query, as text.
  func texts(_ sql: String) async throws -> [String] {
    let shell = try await shell()
    do {
      let texts = try await shell.run { session in
        try session.query(sql, row: { try $0.optionalText(0) ?? "NULL" })
      }
      await shell.close()
      return texts
    } catch {
      await shell.close()
      throw error
    }
  }

  /// Users whose run the database has open; nobody's before there are tables.
  func openRuns() async throws -> [String] {
    guard try await texts("SHOW TABLES LIKE 'runs'") == ["runs"] else { return [] }
    return try await texts("SELECT user FROM runs WHERE is_open = 1 ORDER BY user")
  }
}

/// How a daemon ended, and what it said of the runs that it left.
struct DaemonEnd {
  /// nil when a signal ended it.
  let status: Int32?
  let log: String

  /// Whether the log names a user among those whose runs were left open.
  func names(_ user: String) -> Bool {
    log.split(separator: "\n").contains {
      $0.contains("were left open and their time will be credited") && $0.contains(user)
    }
  }
}

extension Daemon {
  /// Waits until the process has ended by itself, or by a signal sent before.
  func ended() async throws -> DaemonEnd {
    guard let process else { return DaemonEnd(status: nil, log: log) }
    try await eventually("the daemon ends: \(log)") { !process.isRunning }
    let status = process.terminationReason == .exit ? process.terminationStatus : nil
    forget()
    return DaemonEnd(status: status, log: log)
  }

  /// Asks the process to end, and waits.
  func terminated() async throws -> DaemonEnd {
    process?.terminate()
    return try await ended()
  }

  /// Users whose run the private database has open, read from its files after the daemon's end.
  func openRunsOnDisk() async throws -> [String] {
    try await eventually("the database ends") { databaseProcess == nil }
    let data = directory + "/mariadb/data"
    guard FileManager.default.fileExists(atPath: data + "/network_project/runs.ibd") else {
      return []
    }
    let result = directory + "/open-runs"
    try? FileManager.default.removeItem(atPath: result)
    let script = """
      printf '%s\\n' "$2" | mariadbd --no-defaults --bootstrap --datadir="$1" --user="$(id -un)"
      """
    let look = try run(
      "/bin/sh",
      [
        "-c", script, "sh", data,
        "SELECT user INTO OUTFILE '\(result)' FROM network_project.runs WHERE is_open = 1;",
      ])
    guard let users = try? String(contentsOfFile: result, encoding: .utf8) else {
      throw TestFault("the private database cannot be read: \(look.errors)")
    }
    return users.split(separator: "\n").map(String.init)
  }

  func pointsctl(_ arguments: String...) throws -> Finished {
    try run(Daemon.binary("pointsctl").path, ["--socket", controlSocket] + arguments)
  }

  /// Starts a command of pointsctl.
  /// - Parameter output: a file for what it prints; nil to keep nothing.
  func beginPointsctl(_ arguments: String..., output: String? = nil) throws -> Process {
    let command = Process()
    command.executableURL = Daemon.binary("pointsctl")
    command.arguments = ["--socket", controlSocket] + arguments
    command.standardOutput = FileHandle.nullDevice
    if let output {
      _ = FileManager.default.createFile(atPath: output, contents: nil)
      command.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    }
    command.standardError = FileHandle.nullDevice
    try command.run()
    return command
  }
}
