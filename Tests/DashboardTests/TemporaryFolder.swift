import Glibc

/// A folder of a test's own, short enough for Unix sockets in it, gone with its last owner.
final class TemporaryFolder: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/pointsd-XXXXXX".utf8CString)
    self.path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nowhere"
    }
  }

  deinit {
    nftw(path, { path, _, _, _ in remove(path) }, 16, FTW_DEPTH | FTW_PHYS)
  }
}
