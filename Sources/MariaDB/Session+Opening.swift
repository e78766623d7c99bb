import CMariaDB

extension Session {
  /// The library's own one-time set-up, which is not safe from several threads at once.
  private static let libraryIsReady: Bool = mysql_server_init(0, nil, nil) == 0

  /// Connects, logs in and sets the session up.
  func open(_ settings: ConnectionSettings) throws {
    guard Self.libraryIsReady, let handle = mysql_init(nil) else {
      throw DatabaseError(kind: .never, message: "libmariadb cannot be initialised: out of memory")
    }
    phase = .connecting
    defer { phase = .statement }
    setOptions(of: handle, settings)
    do throws(DatabaseError) {
      try secure(handle, settings)
    } catch {
      mysql_close(handle)
      throw error
    }
    guard connect(handle, settings) else {
      let failure = StatementFailure(connection: handle)
      mysql_close(handle)
      throw DatabaseError(
        code: failure.code, sqlState: failure.sqlState,
        message:
          "cannot connect to MariaDB at \(settings.endpoint) as \(settings.user): \(failure.message)"
          + Self.advice(failure.code, settings),
        statement: nil, phase: .connecting)
    }
    assert(settings.tls == .off || mysql_get_ssl_cipher(handle) != nil, "libmariadb skipped TLS")
    guard opened(handle) else {
      close()
      throw DatabaseError(
        kind: .notDone, message: "the connection to \(settings.endpoint) was given up")
    }
    do {
      // Before the set-up, of which other servers understand nothing.
      let version = mysql_get_server_info(handle).map { String(cString: $0) } ?? ""
      if let refusal = ServerVersion.refusal(version) {
        throw DatabaseError(kind: .never, message: "\(settings.endpoint): \(refusal)")
      }
      try executeText(settings.sessionSetup)
    } catch {
      close()
      throw error
    }
  }

  private func setOptions(
    of handle: UnsafeMutablePointer<MYSQL>, _ settings: ConnectionSettings
  ) {
    var connectTimeout = UInt32(clamping: settings.connectTimeoutSeconds)
    var readTimeout = UInt32(clamping: settings.readTimeoutSeconds)
    var writeTimeout = UInt32(clamping: settings.writeTimeoutSeconds)
    // The server must not be able to ask for the client's files.
    var localFiles: UInt32 = 0
    // A connection that comes back by itself would lose the session's settings and a transaction.
    var reconnect: my_bool = 0
    var transport: UInt32
    switch settings.endpoint {
    case .socket: transport = MYSQL_PROTOCOL_SOCKET.rawValue
    case .tcp: transport = MYSQL_PROTOCOL_TCP.rawValue
    }
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connectTimeout)
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &readTimeout)
    mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &writeTimeout)
    mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &localFiles)
    mysql_options(handle, MYSQL_OPT_RECONNECT, &reconnect)
    mysql_options(handle, MYSQL_OPT_PROTOCOL, &transport)
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
  }

  private func connect(
    _ handle: UnsafeMutablePointer<MYSQL>, _ settings: ConnectionSettings
  ) -> Bool {
    // No CLIENT_FOUND_ROWS: affected rows are rows changed, which distinguishes a repeated tick from a first.
    switch settings.endpoint {
    case .socket(let path):
      mysql_real_connect(
        handle, nil, settings.user, settings.password, settings.database, 0, path, 0) != nil
    case .tcp(let host, let port):
      mysql_real_connect(
        handle, host, settings.user, settings.password, settings.database, UInt32(clamping: port),
        nil, 0)
        != nil
    }
  }
}
