import CLinux
import Glibc

/// The right to use a directory, held by one daemon at a time. The kernel gives it back when the
/// daemon ends, however it ends.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  /// - Parameter owner: whom the file is to belong to, so that this user can lock it later.
  init(path: String, owner: uid_t) throws(ManagedDatabaseError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .unusable("cannot open the lock file \(path): \(Files.fault)")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let busy = errno == EWOULDBLOCK
      let fault = Files.fault
      close(descriptor)
      guard busy else { throw .unusable("cannot lock \(path): \(fault)") }
      let holder = Files.text(path).flatMap { $0.split(separator: "\n").first } ?? "unknown"
      throw .held(
        "another pointsd (process \(holder)) uses this data directory, which \(path) tells; "
          + "stop it first, or give this one a directory of its own")
    }
    Files.give(path, to: owner)
    ftruncate(descriptor, 0)
    let text = "\(getpid())\n"
    guard write(descriptor, text, text.utf8.count) == text.utf8.count else {
      let fault = Files.fault
      close(descriptor)
      throw .unusable("cannot write the lock file \(path): \(fault)")
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
