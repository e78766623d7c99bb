import Glibc
import Logging
import MariaDB

extension ManagedDatabase {
  /// Makes a new database beside its place and moves it there when it is whole.
  func initialise() async throws {
    logger.info("making a new database in \(layout.data)", metadata: ["event": "database"])
    try await removeUnfinished()
    let child = try ChildProcess(
      programs.install,
      [
        "--no-defaults", "--datadir=\(layout.unfinishedData)",
        "--auth-root-authentication-method=socket", "--auth-root-socket-user=\(administrator)",
        "--skip-test-db", "--skip-name-resolve", "--innodb-log-file-size=32M",
        "--tmpdir=\(layout.temporary)",
      ] + asOwner, log: layout.log)
    do {
      guard try await child.ended() == .status(0) else {
        throw ManagedDatabaseError.failed(
          "mariadb-install-db failed: \(Files.complaint(layout.log))")
      }
    } catch is CancellationError {
      // Nothing of value is there yet.
      child.signalGroup(SIGTERM)
      throw CancellationError()
    }
    guard rename(layout.unfinishedData, layout.data) == 0 else {
      throw ManagedDatabaseError.unusable(
        "cannot rename \(layout.unfinishedData) to \(layout.data): \(Files.fault)")
    }
  }

  /// What an interrupted attempt left.
  private func removeUnfinished() async throws {
    let names = Files.names(in: layout.directory) ?? []
    for name in names where name.hasPrefix(DatabaseLayout.unfinishedPrefix) {
      let path = "\(layout.directory)/\(name)"
      let child = try ChildProcess("/bin/rm", ["-rf", "--", path], log: layout.log)
      guard try await child.ended() == .status(0) else {
        throw ManagedDatabaseError.unusable(
          "cannot remove \(path), which an interrupted start left; remove it by hand")
      }
    }
  }

  /// The server that runs on the data, taken over or started.
  func ensureServer() throws -> ChildProcess {
    if let orphan = RunningServer.find(data: layout.data) {
      guard orphan.socket == layout.socket else {
        throw ManagedDatabaseError.failed(
          "a mariadbd (process \(orphan.identifier)) uses \(layout.data) and listens at "
            + "\(orphan.socket ?? "an unknown place") instead of \(layout.socket); stop it")
      }
      logger.notice(
        "taking over the running mariadbd (process \(orphan.identifier))",
        metadata: ["event": "database"])
      return try ChildProcess(adopting: orphan.identifier)
    }
    // What a killed server left would be taken for a live one by clients.
    unlink(layout.socket)
    try Files.write(accountStatements, to: layout.accounts)
    if Files.size(layout.log) > 10_000_000 { rename(layout.log, layout.oldLog) }
    return try ChildProcess(programs.server, serverArguments, log: layout.log)
  }

  /// Only root can become another user, and has to; for others mariadb-install-db would change owners,
  /// which a service's sandbox refuses.
  private var asOwner: [String] { getuid() == 0 ? ["--user=\(owner)"] : [] }

  /// Sized for a thousand users and a machine of 1 GiB: the tables take a few megabytes.
  private var serverArguments: [String] {
    [
      "--no-defaults", "--datadir=\(layout.data)", "--socket=\(layout.socket)",
      "--pid-file=\(layout.processFile)", "--init-file=\(layout.accounts)",
      "--tmpdir=\(layout.temporary)", "--skip-networking", "--skip-log-bin", "--skip-name-resolve",
      "--local-infile=0",
      "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",
      "--default-time-zone=+00:00", "--innodb-flush-log-at-trx-commit=1",
      "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M",
      "--aria-pagecache-buffer-size=8M", "--key-buffer-size=64K", "--max-connections=200",
      "--performance-schema=OFF", "--thread-handling=one-thread-per-connection",
    ] + asOwner
  }

  /// Lets the machine's administrator and the daemon's user in as who they are, at each start: the
  /// data may have been made by another user.
  private var accountStatements: String {
    ["root", administrator].map { name in
      let account = "\(quotedIdentifier(name))@localhost"
      return """
        CREATE USER IF NOT EXISTS \(account) IDENTIFIED VIA unix_socket;
        GRANT ALL ON *.* TO \(account) WITH GRANT OPTION;

        """
    }.joined()
  }

  /// Waits until the server lets us in, then makes the schema and the daemon's own account.
  func admit(_ server: ChildProcess) async throws {
    let connection = try await connectAsAdministrator(server)
    if let written = versionToUpgrade {
      state = .upgrading(process: server.identifier)
      try await upgrade(from: written)
    }
    let (schema, password) = (schema, settings.password ?? "")
    try await connection.run { session in
      try session.executeText(
        "CREATE DATABASE IF NOT EXISTS `\(schema)` "
          + "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
      let account = "'\(Self.account)'@'localhost'"
      try session.executeText("CREATE USER IF NOT EXISTS \(account)")
      try session.executeText("ALTER USER \(account) IDENTIFIED BY '\(password)'")
      try SchemaGrant(schema, to: Self.account).apply(session)
      // Where earlier versions restored.
      try SchemaGrant(schema + "_restore", to: Self.account).revokeWide(session)
    }
    await connection.close()
  }

  private func connectAsAdministrator(
    _ server: ChildProcess
  ) async throws -> Connection {
    let settings = ConnectionSettings(endpoint: .socket(layout.socket), user: administrator)
    var tries = 0
    while true {
      do {
        return try await Connection.open(settings)
      } catch let error as DatabaseError {
        guard server.isAlive else {
          throw ManagedDatabaseError.failed(
            "mariadbd ended while starting; its log \(layout.log) says: "
              + Files.complaint(layout.log, from: logOffset))
        }
        guard error.kind == .notDone else { throw error }
        tries += 1
        // Recovery after a crash may take long; the server is given all the time it needs.
        if tries % 200 == 0 {
          logger.warning(
            "still waiting for mariadbd (process \(server.identifier)) at \(layout.socket): \(error)",
            metadata: ["event": "database"])
        }
        try await Task.sleep(for: .milliseconds(tries < 100 ? 20 : 250))
      }
    }
  }
}
