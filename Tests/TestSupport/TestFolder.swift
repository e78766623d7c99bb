import Glibc

/// A folder of one test, removed with it.
public final class TestFolder: Sendable {
  public let path: String

  public init() throws {
    path = try TemporaryFolder.make()
  }

  deinit {
    TemporaryFolder.remove(path)
  }

  /// Writes a file and returns its path.
  @discardableResult
  public func write(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
    let file = path + "/" + name
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw fault("open", file) }
    defer { close(descriptor) }
    let bytes = Array(bytes)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw fault("write", file)
    }
    return file
  }

  public func link(_ name: String, to target: String) throws {
    guard symlink(target, path + "/" + name) == 0 else { throw fault("symlink", name) }
  }

  public func makeFolder(_ name: String) throws {
    guard mkdir(path + "/" + name, 0o700) == 0 else { throw fault("mkdir", name) }
  }

  private func fault(_ call: String, _ name: String) -> TestFault {
    TestFault("\(call) \(name): \(String(cString: strerror(errno)))")
  }
}
