import Files
import Glibc

/// The file beside the control socket that lets sessions outlive the daemon; mode 0600. Like all that
/// root makes in a folder of another account, it belongs to that account.
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
    do throws(FileError) {
      let file = try folder().reading(name)
      var status = stat()
      guard fstat(file.number, &status) == 0, status.st_mode & 0o077 == 0,
        status.st_size <= Self.sizeLimit
      else { throw FileError("\(path) is not a file of one account alone, mode 0600") }
      let bytes = try file.read(limit: Int(status.st_size), path: path)
      guard let text = String(validating: bytes, as: UTF8.self), let key = SessionKey(text) else {
        throw FileError("\(path) holds no key")
      }
      return key
    } catch {
      if error.code == ENOENT { return nil }
      throw fault(error)
    }
  }

  /// Puts the key in place whole.
  func write(_ key: SessionKey) throws(Fault) {
    do throws(FileError) {
      try folder().write(key.text, to: name, mode: 0o600)
    } catch {
      throw fault(error)
    }
  }

  private func folder() throws(FileError) -> Directory {
    try Directory(Directory.split(path).folder)
  }

  private var name: String { Directory.split(path).name }

  private func fault(_ error: FileError) -> Fault {
    Fault(description: "the key of the browser sessions: \(error)")
  }
}
