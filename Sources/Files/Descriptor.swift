import Glibc
import SystemPackage

/// A descriptor that is closed with its last use.
package final class Descriptor: Sendable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// - Parameter path: for the message.
  func status(_ path: String) throws(FileError) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .last("cannot look at \(path)") }
    return status
  }

  /// Writes all of `bytes`.
  /// - Parameter path: for the message.
  package func write(_ bytes: [UInt8], path: String) throws(FileError) {
    do {
      try FileDescriptor(rawValue: number).writeAll(bytes)
    } catch {
      throw .failed("cannot write \(path)", error as? Errno ?? Errno(rawValue: EIO))
    }
  }

  /// Up to `limit` bytes from `offset` on; none at the end.
  /// - Parameter path: for the message.
  package func read(
    from offset: Int = 0, limit: Int, path: String
  ) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit {
      let got = bytes.withUnsafeMutableBytes {
        pread(number, $0.baseAddress.map { $0 + count }, limit - count, off_t(offset + count))
      }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .last("cannot read \(path)") }
      guard got > 0 else { break }
      count += got
    }
    bytes.removeLast(limit - count)
    return bytes
  }
}

extension stat {
  var isFile: Bool { st_mode & S_IFMT == S_IFREG }
}
