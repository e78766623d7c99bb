import CLinux
import Glibc
import Points
import SystemPackage

/// A temporary file that nobody else can open and that is gone when this value is, whatever
/// happens to the process.
public final class PrivateFile: BackupFile {
  private let descriptor: Int32
  private let folder: String

  /// Makes it in `$TMPDIR`, else in `/var/tmp`, which is on a disk where `/tmp` may be in memory.
  public init() throws(ControlError) {
    let asked = getenv("TMPDIR").map { String(cString: $0) }
    folder = asked ?? (access("/var/tmp", W_OK) == 0 ? "/var/tmp" : "/tmp")
    var file = clinux_unnamed_file(folder)
    if file < 0 && (errno == EOPNOTSUPP || errno == EISDIR) {
      // A file system that makes no file without a name.
      var template = Array("\(folder)/pointsd-backup-XXXXXX".utf8CString)
      file = mkstemp(&template)
      if file >= 0 {
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        unlink(template)
      }
    }
    descriptor = file
    guard file >= 0 else { throw fault("make") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes all of `bytes` at the end.
  /// - Throws: `ControlError.unavailable` when there is no room.
  public func append(_ bytes: [UInt8]) throws(ControlError) {
    do {
      try FileDescriptor(rawValue: descriptor).writeAll(bytes)
    } catch {
      throw fault("write", error as? Errno ?? Errno(rawValue: EIO))
    }
  }

  /// Up to `count` bytes from `offset` on; none at the end.
  public func read(at offset: Int, count: Int) throws(ControlError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = pread(descriptor, &bytes, count, off_t(offset))
    guard got >= 0 else { throw fault("read") }
    bytes.removeLast(count - got)
    return bytes
  }

  /// In bytes.
  public var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  private func fault(_ verb: String, _ error: Errno = Errno(rawValue: errno)) -> ControlError {
    let text = "cannot \(verb) a temporary file in \(folder): \(error)"
    guard [ENOSPC, EDQUOT, EFBIG].contains(error.rawValue) else { return .failed(text) }
    return .unavailable("\(text); make room there, or set TMPDIR to another folder")
  }
}
