import Files
import Glibc
import Logging
import MariaDB
import Processes

extension ManagedDatabase {
  /// The server that runs on the data, taken over or started.
  func ensureServer() throws -> ChildProcess {
    logOffset = layout.logSize
    let user = layout.directory.account.user
    if let orphan = RunningServer.find(data: layout.data, owner: user) {
      guard orphan.socket == layout.socket else {
        throw ManagedDatabaseError.failed(
          "a mariadbd (process \(orphan.identifier)) uses \(layout.data) and listens at "
            + "\(orphan.socket ?? "an unknown place") instead of \(layout.socket); stop it")
      }
      logger.notice(
        "taking over the running mariadbd (process \(orphan.identifier))",
        metadata: ["event": "database"])
      hasAnswered = AnsweredMark(process: orphan.identifier).isSet(in: layout.directory)
      return try ChildProcess(adopting: orphan.identifier)
    }
    hasAnswered = false
    // What a killed server left would be taken for a live one by clients.
    try layout.directory.remove(DatabaseLayout.Name.socket)
    try layout.directory.remove(DatabaseLayout.Name.processFile)
    try layout.directory.write(
      accountStatements.map { $0 + ";\n" }.joined(), to: DatabaseLayout.Name.accounts, mode: 0o600)
    return try start(programs.server, serverArguments)
  }

  /// Starts a program as the owner of the data; its output goes to the log.
  func start(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    let user = layout.directory.account.user
    let group = getpwuid(user).map { $0.pointee.pw_gid } ?? layout.directory.account.group
    var start = Program(program, arguments, output: try layout.openLog())
    start.account = FileAccount(user: user, group: group)
    start.environment = environment
    return try ChildProcess(start)
  }

  /// What the log says of the failure of what was started last.
  func logReason(_ unmarked: LogExcerpt.Unmarked) -> String {
    LogExcerpt.reason(in: layout.logText(from: logOffset), unmarked: unmarked)
  }

  /// Sized for a thousand users and a machine of 1 GiB: the tables take a few megabytes.
  private var serverArguments: [String] {
    [
      "--no-defaults", "--datadir=\(layout.data)", "--socket=\(layout.socket)",
      "--pid-file=\(layout.processFile)", "--init-file=\(layout.accounts)",
      "--tmpdir=\(layout.temporary)", "--skip-networking", "--skip-log-bin", "--skip-name-resolve",
      "--local-infile=0",
      "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",
      "--default-time-zone=+00:00", "--innodb-flush-log-at-trx-commit=1",
      // A transaction left open in a SQL shell locks what it touched, not the gaps beside it.
      "--transaction-isolation=READ-COMMITTED",
      "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M",
      "--aria-pagecache-buffer-size=8M", "--key-buffer-size=64K", "--max-connections=200",
      "--performance-schema=OFF", "--thread-handling=one-thread-per-connection",
      // Root's server, on root's data, has to hear that this is meant.
    ] + (geteuid() == 0 && layout.directory.account.user == 0 ? ["--user=root"] : [])
  }

  /// Lets the machine's administrator, the daemon's user and the owner of the data in as who they
  /// are, at each start: the data may have been made by another user.
  private var accountStatements: [String] {
    Set(["root", administrator, owner]).sorted().flatMap { name in
      let account = "\(quotedIdentifier(name))@localhost"
      return [
        "CREATE USER IF NOT EXISTS \(account) IDENTIFIED VIA unix_socket",
        "GRANT ALL ON *.* TO \(account) WITH GRANT OPTION",
      ]
    }
  }

  /// Waits until the server lets us in, then makes the schema and the daemon's own account.
  func admit(_ server: ChildProcess) async throws {
    let connection = try await connectAsAdministrator(server)
    // Before anything else that could be lost with a server that is killed.
    try AnsweredMark(process: server.identifier).set(in: layout.directory)
    hasAnswered = true
    let accounts = accountStatements
    // A server that was taken over was started with those of an earlier daemon.
    try await connection.run { session in
      for statement in accounts { try session.executeText(statement) }
    }
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

  private func connectAsAdministrator(_ server: ChildProcess) async throws -> Connection {
    let settings = ConnectionSettings(endpoint: .socket(layout.socket), user: administrator)
    let since = ContinuousClock.now
    var tries = 0
    while true {
      do {
        return try await Connection.open(settings)
      } catch let error as DatabaseError {
        guard server.isAlive else {
          throw ManagedDatabaseError.failed(
            "mariadbd ended while starting; its log \(layout.log) says: \(logReason(.last))")
        }
        guard error.kind == .notDone else { throw error }
        if !server.isOwnChild, !hasAnswered, since.duration(to: .now) > orphanGrace {
          try await replace(server)
        }
        tries += 1
        // Recovery after a crash may take long; a server of our own is given all the time it needs.
        if tries % 200 == 0 {
          logger.warning(
            "still waiting for mariadbd (process \(server.identifier)) at \(layout.socket): \(error)",
            metadata: ["event": "database"])
        }
        try await Task.sleep(for: .milliseconds(tries < 100 ? 20 : 250))
      }
    }
  }

  /// Kills a server that an earlier daemon left and that never answered.
  private func replace(_ server: ChildProcess) async throws {
    server.signal(SIGKILL)
    try await server.ended()
    throw ManagedDatabaseError.failed(
      "the mariadbd (process \(server.identifier)) that an earlier start left never answered; "
        + "it holds nothing, was killed, and another is started")
  }
}
