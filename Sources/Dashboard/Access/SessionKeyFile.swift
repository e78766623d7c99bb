import Glibc
import Points

/// The file beside the control socket that lets sessions outlive the daemon; mode 0600.
struct SessionKeyFile: Sendable {
  let path: String

  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  /// A key and ten thousand sessions that ended fit well.
  private static let sizeLimit = 4 << 20

  /// The key; nil when there is no file yet. A file that others could have read or written, or that
  /// is no key, is a fault.
  func read() throws(Fault) -> SessionKey? {
    // Never through a link, and without waiting for a writer of a named pipe.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw fault(SystemMessage.text(errno))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fault(SystemMessage.text(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0, status.st_size <= Self.sizeLimit
    else { throw fault("it is not a file of this account alone, mode 0600") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var filled = 0
    while filled < bytes.count {
      let count = bytes[filled...].withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    guard let text = String(validating: bytes[..<filled], as: UTF8.self),
      let key = SessionKey(text)
    else { throw fault("it holds no key") }
    return key
  }

  /// Puts the key in place whole: written beside and renamed.
  func write(_ key: SessionKey) throws(Fault) {
    let beside = "\(path).\(Operation.makeID().prefix(16))"
    let descriptor = open(
      beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw fault(SystemMessage.text(errno)) }
    let bytes = Array(key.text.utf8)
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      written += count
    }
    let isWhole = written == bytes.count && fsync(descriptor) == 0
    let reason = errno
    close(descriptor)
    guard isWhole, rename(beside, path) == 0 else {
      let number = isWhole ? errno : reason
      unlink(beside)
      throw fault(SystemMessage.text(number))
    }
  }

  private func fault(_ reason: String) -> Fault {
    Fault(description: "the key of the browser sessions, \(path): \(reason)")
  }
}
