import Glibc
import ManagedDatabase

/// The data directory that every private database starts from: made by `mariadb-install-db`, which
/// takes a second, once for each version of MariaDB and user of this machine.
enum DataTemplate {
  /// The template's folder, made if there is none. Several processes may make it at once: each
  /// makes its own beside the place, and the first to rename it there wins.
  static func directory(_ programs: Programs) async throws -> String {
    let version = programs.version.map { "\($0)" } ?? "unknown"
    let place = "/tmp/pointsd-test-template-\(getuid())-\(version)"
    if try isOurs(place) { return place }
    let side = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(side) }
    try await install(programs, in: side)
    // Fails when another process was first.
    rename("\(side)/data", place)
    guard try isOurs(place) else { throw TestFault("there is no template in \(place)") }
    return place
  }

  private static func install(_ programs: Programs, in side: String) async throws {
    mkdir("\(side)/tmp", 0o700)
    let child = try ChildProcess(
      programs.install,
      [
        "--no-defaults", "--datadir=\(side)/data", "--user=\(PrivateDatabase.userName)",
        "--auth-root-authentication-method=socket",
        "--auth-root-socket-user=\(PrivateDatabase.userName)", "--skip-test-db",
        "--innodb-log-file-size=8M", "--tmpdir=\(side)/tmp",
      ], log: "\(side)/log")
    guard try await child.ended() == .status(0) else {
      throw TestFault("mariadb-install-db failed: \(TemporaryFolder.text("\(side)/log"))")
    }
  }

  /// Whether the template is there; throws when somebody else has made it.
  private static func isOurs(_ place: String) throws -> Bool {
    var status = stat()
    guard lstat(place, &status) == 0 else { return false }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid() else {
      throw TestFault("\(place) belongs to somebody else; remove it")
    }
    return true
  }
}
