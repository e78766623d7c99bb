import Foundation

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
    try? FileManager.default.removeItem(atPath: path)
  }
}
