import CMariaDB
import Glibc

/// How MariaDB's own client programs, such as mariadb-dump, connect as a `Session` does: to no other
/// server, to a verified one only, and with no password in the clear.
///
/// They cannot be kept from a method of logging in but by its plugin's file: they get a folder with
/// links to those that do not send the password. It is removed with this object.
public final class ClientPrograms: Sendable {
  private let folder: String

  /// - Throws: `DatabaseError` when no temporary folder can be made.
  public init() throws(DatabaseError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/pointsd-plugins-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw DatabaseError(
        kind: .notDone,
        message: "cannot make a temporary folder in \(parent): \(String(cString: strerror(errno)))")
    }
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    for name in Self.files {
      // A method that is built in has no file.
      let plugin = "\(MARIADB_PLUGINDIR)/\(name)"
      if access(plugin, R_OK) == 0 { symlink(plugin, "\(folder)/\(name)") }
    }
  }

  deinit {
    for name in Self.files { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private static var files: [String] { Session.methods.map { "\($0).so" } }

  /// An option file, the password in it. Its path goes first on the command line, as
  /// `--defaults-file=PATH`: then no other is read. It holds as long as this object.
  /// - Throws: `DatabaseError` when this machine has no authorities to verify the server by.
  public func optionFile(_ settings: ConnectionSettings) throws(DatabaseError) -> String {
    var lines = ["[client]", "user=\(Self.quoted(settings.user))"]
    switch settings.endpoint {
    case .socket(let path): lines += ["protocol=socket", "socket=\(Self.quoted(path))"]
    case .tcp(let host, let port):
      lines += ["protocol=tcp", "host=\(Self.quoted(host))", "port=\(port)"]
    }
    if let password = settings.password { lines.append("password=\(Self.quoted(password))") }
    lines.append("plugin-dir=\(Self.quoted(folder))")
    if let authorities = try Session.authorities(settings.tls) {
      lines += ["ssl-ca=\(Self.quoted(authorities))", "ssl-verify-server-cert"]
    } else {
      lines.append("skip-ssl")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func quoted(_ value: String) -> String {
    "\"" + value.replacing("\\", with: "\\\\") + "\""
  }
}
