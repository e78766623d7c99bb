import CMariaDB
import Glibc

extension Session {
  /// Opens the connection and prepares the session.
  static func connect(
    _ handle: UnsafeMutablePointer<MYSQL>, _ settings: ConnectionSettings
  ) throws(DatabaseError) {
    var connectTimeout = UInt32(settings.connectTimeoutSeconds)
    var readTimeout = UInt32(settings.readTimeoutSeconds)
    var writeTimeout = UInt32(settings.writeTimeoutSeconds)
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connectTimeout)
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &readTimeout)
    mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &writeTimeout)
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
    mysql_options(handle, MYSQL_INIT_COMMAND, settings.sessionSetup)

    // Rows found, not rows changed, would hide that a repeated tick changes nothing.
    let flags: UInt = 0
    let connected =
      switch settings.endpoint {
      case .socket(let path):
        mysql_real_connect(
          handle, nil, settings.user, settings.password, settings.database, 0, path, flags)
      case .tcp(let host, let port):
        mysql_real_connect(
          handle, host, settings.user, settings.password, settings.database, UInt32(port), nil,
          flags)
      }
    guard connected != nil else {
      throw DatabaseError(
        code: Int(mysql_errno(handle)),
        message: "cannot connect to MariaDB at \(settings.endpoint) as \(settings.user): "
          + String(cString: mysql_error(handle)))
    }
    // A child process must not keep the connection alive.
    _ = fcntl(Int32(mysql_get_socket(handle)), F_SETFD, FD_CLOEXEC)
  }
}
