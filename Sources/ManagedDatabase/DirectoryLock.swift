import CLinux
import Files
import Glibc
import SystemPackage

/// The right to use a directory, held by one daemon at a time. The kernel gives it back when the
/// daemon ends, however it ends.
final class DirectoryLock: Sendable {
  private let file: Descriptor

  init(_ name: String, in directory: Directory) throws(ManagedDatabaseError) {
    let path = directory.path(of: name)
    let file: Descriptor
    do throws(FileError) {
      file = try directory.writing(name)
    } catch {
      throw .unusable("cannot use the lock file: \(error)")
    }
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      guard code == EWOULDBLOCK else {
        throw .unusable("cannot lock \(path): \(Errno(rawValue: code))")
      }
      let holder = directory.text(name)?.split(separator: "\n").first ?? "unknown"
      throw .held(
        "another pointsd (process \(holder)) uses this data directory, as \(path) says; "
          + "stop it first, or give this one a directory of its own. Who runs in that one is changed"
          + " by pointsctl start and stop")
    }
    do throws(FileError) {
      ftruncate(file.number, 0)
      try file.write(Array("\(getpid())\n".utf8), path: path)
    } catch {
      throw .unusable("\(error)")
    }
    self.file = file
  }
}
