import Glibc
import SystemPackage

/// Files of a directory.
extension Directory {
  /// The beginning of a file; nil when there is none that may be read.
  package func text(_ name: String, limit: Int = 65_536) -> String? {
    guard let file = try? open(name, O_RDONLY), let bytes = try? file.read(limit: limit, path: name)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Opens a file for reading; a link, another kind of file or another account's is refused.
  package func reading(_ name: String) throws(FileError) -> Descriptor {
    try open(name, O_RDONLY)
  }

  /// Opens a file that stays where it is, such as a log or a lock; it is made, for the owner only,
  /// if it is missing.
  ///
  /// A link, another kind of file, one of another account or with further names is refused and not
  /// touched.
  package func writing(_ name: String, appending: Bool = false) throws(FileError) -> Descriptor {
    try open(name, O_RDWR | O_CREAT | (appending ? O_APPEND : 0))
  }

  private func open(_ name: String, _ flags: Int32) throws(FileError) -> Descriptor {
    try act { () throws(FileError) in
      // Without O_NONBLOCK a named pipe would be waited for.
      let opened = openat(
        number, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o600)
      guard opened >= 0 else {
        let code = errno
        throw FileError(
          code == ELOOP
            ? "\(path(of: name)) is a link, which is not followed; remove it"
            : "cannot open \(path(of: name)): \(Errno(rawValue: code))", code: code)
      }
      let file = Descriptor(opened)
      let status = try file.status(path(of: name))
      guard status.isFile, status.st_nlink == 1, status.st_uid == maker else {
        throw untrusted(name, status)
      }
      return file
    }
  }

  /// Writes a file beside its place and puts it there when it is whole; what has the name is
  /// replaced, a link itself and not what it leads to.
  /// - Parameter mode: the file has it from its beginning.
  package func write(_ text: String, to name: String, mode: mode_t) throws(FileError) {
    try act { () throws(FileError) in
      let side = ".\(name).\(String(UInt64.random(in: .min ... .max), radix: 36))"
      let opened = openat(
        number, side, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
      guard opened >= 0 else { throw .last("cannot write \(path(of: name))") }
      let file = Descriptor(opened)
      do throws(FileError) {
        // The umask may have taken something away.
        guard fchmod(opened, mode) == 0 else { throw .last("cannot write \(path(of: name))") }
        try file.write(Array(text.utf8), path: path(of: name))
        // Or a power failure could leave the name without the text.
        guard fsync(opened) == 0, renameat(number, side, number, name) == 0 else {
          throw .last("cannot write \(path(of: name))")
        }
      } catch {
        unlinkat(number, side, 0)
        throw error
      }
    }
  }
}
