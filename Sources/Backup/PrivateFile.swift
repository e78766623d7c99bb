import Glibc
import Points

/// A temporary file that nobody else can open and that is gone when this value is, whatever
/// happens to the process.
public final class PrivateFile: BackupFile {
  /// Open for reading and writing.
  public let descriptor: Int32

  public init() throws(BackupError) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/pointsd-backup-XXXXXX".utf8CString)
    // Children get no descriptors but those they are given.
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw .failed("cannot make a temporary file in \(folder): \(Self.fault)")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
  }

  deinit { close(descriptor) }

  /// Writes all of `bytes` at the end.
  public func append(_ bytes: [UInt8]) throws(BackupError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .failed("cannot write the temporary file: \(Self.fault)") }
      rest = rest.dropFirst(count)
    }
  }

  /// Up to `count` bytes from `offset` on; none at the end.
  public func read(at offset: Int, count: Int) throws(BackupError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = pread(descriptor, &bytes, count, off_t(offset))
    guard got >= 0 else { throw .failed("cannot read the temporary file: \(Self.fault)") }
    bytes.removeLast(count - got)
    return bytes
  }

  /// In bytes.
  public var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  private static var fault: String { String(cString: strerror(errno)) }
}
