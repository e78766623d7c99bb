import CLinux
import Glibc
import ManagedDatabase

/// Sees to it that a server and its folder do not outlive this process, even if it is killed.
///
/// This process holds a lock that the kernel frees at its end. A guard process waits for the lock,
/// then ends the server, if it still is that server, and removes the folder.
public final class ProcessLease: Sendable {
  private let folder: String
  private let descriptor: Int32
  private let guardian: ChildProcess

  /// - Parameter folder: holds the server's data directory, at any depth.
  public init(folder: String) throws {
    self.folder = folder
    let path = "\(folder)/alive"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw TestFault("cannot lock \(path): \(TemporaryFolder.fault)")
    }
    let script = """
      process=$(cat "$0/server" 2>/dev/null) && grep -q -- "--datadir=$0/" "/proc/$process/cmdline" \
      && kill -9 "$process"; rm -rf "$0"
      """
    guardian = try ChildProcess(
      "/usr/bin/flock", [path, "/bin/sh", "-c", script, folder], log: "/dev/null")
  }

  /// The server to be ended with this process.
  public func guardProcess(_ process: pid_t) throws {
    try TemporaryFolder.write("\(process)\n", to: "\(folder)/server")
  }

  /// The server has ended.
  public func forgetProcess() {
    unlink("\(folder)/server")
  }

  /// Lets the guard do its work now.
  public func end() {
    close(descriptor)
  }
}
