import CLinux
import Files
import Glibc
import Processes

/// MariaDB's programs on this machine.
package struct Programs: Sendable {
  package let server: String
  package let install: String
  package let upgrade: String
  /// The installed server's version; nil when it does not say.
  package let version: ServerVersion?

  package init() throws(ManagedDatabaseError) {
    self.server = try Self.find("mariadbd", in: ["/usr/sbin", "/usr/libexec", "/usr/local/sbin"])
    let directories = ["/usr/bin", "/usr/local/bin"]
    self.install = try Self.find("mariadb-install-db", in: directories)
    self.upgrade = try Self.find("mariadb-upgrade", in: directories)
    self.version = Self.output(of: server, ["--no-defaults", "--version"]).flatMap {
      ServerVersion(programOutput: $0)
    }
  }

  private static func find(_ name: String, in directories: [String]) throws(ManagedDatabaseError)
    -> String
  {
    let places = directories.map { "\($0)/\(name)" }
    guard let path = places.first(where: { access($0, X_OK) == 0 }) else {
      throw .missing(
        "\(name) is not installed; on Debian: apt install mariadb-server-core, "
          + "or set database.hosts to use another server")
    }
    return path
  }

  /// The beginning of what a program prints, its warnings included; nil when it cannot be run.
  private static func output(of path: String, _ arguments: [String]) -> String? {
    let file = clinux_memory_file("pointsd-output")
    guard file >= 0 else { return nil }
    let output = Descriptor(file)
    guard let process = try? Program(path, arguments, output: output).start() else { return nil }
    while waitpid(process, nil, 0) < 0 && errno == EINTR {}
    OrphanReaper.forget(process)
    let bytes = try? output.read(limit: 4096, path: path)
    return bytes.map { String(decoding: $0, as: UTF8.self) }
  }
}
