import Glibc
import Logging
import MariaDB

extension ManagedDatabase {
  /// Makes a new database beside its place and moves it there when it is whole.
  func initialise() async throws {
    logger.info("making a new database in \(layout.data)", metadata: ["event": "database"])
    let child = try ChildProcess(
      programs.install,
      [
        "--no-defaults", "--datadir=\(layout.unfinishedData)", "--user=\(owner)",
        "--auth-root-authentication-method=socket", "--auth-root-socket-user=\(administrator)",
        "--skip-test-db",
      ], log: layout.log)
    guard try await child.ended() == .status(0) else {
      throw ManagedDatabaseError.failed(
        "mariadb-install-db failed: \(Files.lastLines(layout.log, count: 5))")
    }
    guard rename(layout.unfinishedData, layout.data) == 0 else {
      throw ManagedDatabaseError.unusable(
        "cannot rename \(layout.unfinishedData) to \(layout.data): \(Files.fault)")
    }
  }

  /// The server that runs on the data, taken over or started.
  func ensureServer() throws -> ChildProcess {
    if let orphan = runningServer() {
      logger.notice(
        "taking over the running mariadbd (process \(orphan.identifier))",
        metadata: ["event": "database"])
      return orphan
    }
    // What a killed server left would be taken for a live one by clients.
    unlink(layout.socket)
    return try ChildProcess(programs.server, serverArguments, log: layout.log)
  }

  /// A live server that was started on this data by an earlier daemon, however it feels.
  private func runningServer() -> ChildProcess? {
    guard let text = Files.text(layout.processFile),
      let identifier = pid_t(text.trimmingBlanks),
      // The number may belong to another program by now.
      let command = Files.text("/proc/\(identifier)/cmdline"),
      command.contains("--datadir=\(layout.data)\0")
    else { return nil }
    return try? ChildProcess(adopting: identifier)
  }

  private var serverArguments: [String] {
    [
      "--no-defaults", "--datadir=\(layout.data)", "--socket=\(layout.socket)",
      "--pid-file=\(layout.processFile)", "--user=\(owner)", "--skip-networking",
      "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",
      "--default-time-zone=+00:00", "--innodb-flush-log-at-trx-commit=1",
      "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--max-connections=200",
      "--performance-schema=OFF", "--skip-log-bin", "--skip-name-resolve",
      "--thread-handling=one-thread-per-connection",
    ]
  }

  /// Waits until the server lets us in, then makes the schema and the daemon's own account.
  func admit() async throws {
    let connection = try await connectAsOperator()
    let (schema, password) = (schema, settings.password ?? "")
    try await connection.run { session in
      try session.executeText(
        "CREATE DATABASE IF NOT EXISTS `\(schema)` "
          + "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
      let account = "'\(Self.account)'@'localhost'"
      try session.executeText("CREATE USER IF NOT EXISTS \(account)")
      try session.executeText("ALTER USER \(account) IDENTIFIED BY '\(password)'")
      try session.executeText("GRANT ALL ON `\(schema)`.* TO \(account)")
    }
    await connection.close()
    try await upgradeIfOlder()
  }

  /// The administrator's account, which the operating system's user owns.
  private func connectAsOperator() async throws -> Connection {
    let settings = ConnectionSettings(endpoint: .socket(layout.socket), user: administrator)
    var waited = 0
    while true {
      do {
        return try await Connection.open(settings)
      } catch let error as DatabaseError {
        guard error.kind == .notDone else { throw error }
        if let server, !server.isAlive {
          throw ManagedDatabaseError.failed(
            "mariadbd ended while starting: \(Files.lastLines(layout.log, count: 5))")
        }
        waited += 1
        // Recovery after a crash may take long; the server is given all the time it needs.
        if waited % 300 == 0 {
          logger.warning(
            "still waiting for mariadbd at \(layout.socket): \(error)",
            metadata: ["event": "database"])
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// Who we are for the operating system, and so for the server.
  private var administrator: String { Files.userName(getuid()) ?? "root" }
}

extension String {
  fileprivate var trimmingBlanks: String {
    filter { !$0.isWhitespace }
  }
}
