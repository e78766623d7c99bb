import Glibc
import JSONText
import SystemPackage

/// A file that is written beside its place and put there when it is whole.
final class NewFile {
  private let path: String
  private let partial: String
  private let replaces: Bool
  private var descriptor: Int32

  /// - Parameter replaces: whether a file that is there may be replaced.
  init(_ path: String, replaces: Bool) throws(CommandFault) {
    self.path = path
    self.replaces = replaces
    self.partial = "\(path).partial.\(getpid())"
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw CommandFault(.refused, "\(excerpt(path, limit: 4096)) is not a file; - is the output")
      }
      guard replaces else {
        throw CommandFault(
          .refused, "\(excerpt(path, limit: 4096)) is there already; --force replaces it")
      }
    }
    descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.fault(path) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(partial)
  }

  func write(_ bytes: [UInt8]) throws(CommandFault) {
    do {
      try FileDescriptor(rawValue: descriptor).writeAll(bytes)
    } catch {
      throw Self.fault(path, error)
    }
  }

  /// Puts the file in its place, safe from a loss of power.
  func finish() throws(CommandFault) {
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw Self.fault(path) }
    // Without --force a file that came meanwhile is kept too.
    let done =
      replaces ? rename(partial, path) == 0 : link(partial, path) == 0 && unlink(partial) == 0
    guard done else { throw Self.fault(path) }
    close(descriptor)
    descriptor = -1
  }

  private static func fault(
    _ path: String, _ error: any Error = Errno(rawValue: errno)
  ) -> CommandFault {
    CommandFault(
      .output,
      "cannot write \(excerpt(path, limit: 4096)): \(error);"
        + " nothing is left of it")
  }
}

/// A file that is sent piece by piece.
final class SentFile: Sendable {
  private let path: String
  private let descriptor: Int32
  /// In bytes.
  let size: Int

  init(_ path: String) throws(CommandFault) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.fault(path, errno) }
    var status = stat()
    let known = fstat(descriptor, &status) == 0
    size = known ? Int(status.st_size) : 0
    guard known, status.st_mode & S_IFMT == S_IFREG else {
      let folder = known && status.st_mode & S_IFMT == S_IFDIR
      close(descriptor)
      throw CommandFault(
        .unreadable,
        "\(excerpt(path, limit: 4096)) is \(folder ? "a directory" : "not a file")")
    }
  }

  deinit { close(descriptor) }

  /// Up to so many bytes from `offset` on; none at the end.
  func read(at offset: Int, count: Int) throws(CommandFault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = pread(descriptor, &bytes, count, off_t(offset))
    guard got >= 0 else { throw Self.fault(path, errno) }
    bytes.removeLast(count - got)
    return bytes
  }

  private static func fault(_ path: String, _ number: Int32) -> CommandFault {
    CommandFault(
      .unreadable,
      "cannot read \(excerpt(path, limit: 4096)): \(Errno(rawValue: number))")
  }
}
