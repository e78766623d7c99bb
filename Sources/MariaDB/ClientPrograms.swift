import CMariaDB
import Glibc
import SystemPackage

/// How MariaDB's own client programs, such as mariadb-dump, connect as a `Session` does: to no other
/// server, to a verified one only, and with no password in the clear.
///
/// They cannot be kept from a method of logging in but by its plugin's file: they get a folder with
/// links to those that do not send the password. It is removed with this object, or, when the
/// process is killed before, by `removeLeftovers` at the next start: a lock on the folder, which ends
/// with the process, says whether it is in use.
public final class ClientPrograms: Sendable {
  private static let prefix = "pointsd-plugins-"
  private let folder: String
  private let lock: Int32

  /// - Throws: `DatabaseError` when no temporary folder can be made.
  public init() throws(DatabaseError) {
    let parent = Self.parent
    guard let made = Self.lockedFolder(in: parent) ?? Self.lockedFolder(in: parent) else {
      throw DatabaseError(
        kind: .notDone,
        message: "cannot make a temporary folder in \(parent): \(Errno(rawValue: errno))")
    }
    (folder, lock) = made
    for name in Self.files {
      // A method that is built in has no file.
      let plugin = "\(MARIADB_PLUGINDIR)/\(name)"
      if access(plugin, R_OK) == 0 { symlink(plugin, "\(folder)/\(name)") }
    }
  }

  deinit {
    Self.remove(folder)
    close(lock)
  }

  /// Removes the folders of this account's processes that were killed.
  public static func removeLeftovers() {
    guard let directory = opendir(parent) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix(prefix), let lock = lock("\(parent)/\(name)") else { continue }
      remove("\(parent)/\(name)")
      close(lock)
    }
  }

  private static var parent: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  /// nil, with errno, when it cannot be made, or was removed before it was locked.
  private static func lockedFolder(in parent: String) -> (String, Int32)? {
    var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { return nil }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    return lock(path).map { (path, $0) }
  }

  /// Locks a folder of this account's that nobody else has locked.
  /// - Returns: a descriptor that holds the lock.
  private static func lock(_ folder: String) -> Int32? {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
      flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0,
      status.st_nlink > 0
    {
      return descriptor
    }
    close(descriptor)
    return nil
  }

  private static func remove(_ folder: String) {
    for name in files { unlink("\(folder)/\(name)") }
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
