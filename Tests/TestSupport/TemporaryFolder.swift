import Glibc

/// Folders and files of tests.
public enum TemporaryFolder {
  /// Makes a private folder with a path short enough for Unix sockets in it.
  public static func make() throws -> String {
    var pattern = Array("/tmp/pointsd-test-XXXXXX".utf8CString)
    guard mkdtemp(&pattern) != nil else {
      throw TestFault("cannot make a folder in /tmp: \(fault)")
    }
    return String(decoding: pattern.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Removes a folder and all in it, following no links.
  public static func remove(_ folder: String) {
    for name in names(in: folder) {
      let path = "\(folder)/\(name)"
      if unlink(path) != 0 { remove(path) }
    }
    rmdir(folder)
  }

  /// The names in a folder; none if there is no such folder.
  public static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Copies a folder and all in it; files and folders only.
  public static func copy(_ source: String, to target: String) throws {
    guard mkdir(target, 0o700) == 0 else {
      throw TestFault("cannot copy \(source) to \(target): \(fault)")
    }
    for name in names(in: source) {
      var status = stat()
      guard lstat("\(source)/\(name)", &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try copy("\(source)/\(name)", to: "\(target)/\(name)")
      } else {
        try copyFile("\(source)/\(name)", to: "\(target)/\(name)")
      }
    }
  }

  private static func copyFile(_ source: String, to target: String) throws {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    defer {
      close(input)
      close(output)
    }
    guard input >= 0, output >= 0 else {
      throw TestFault("cannot copy \(source) to \(target): \(fault)")
    }
    var count = 0
    repeat {
      count = sendfile(output, input, nil, 1 << 20)
    } while count > 0
    guard count == 0 else { throw TestFault("cannot copy \(source) to \(target): \(fault)") }
  }

  /// Writes a file anew.
  public static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "we") else { throw TestFault("cannot write \(path): \(fault)") }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw TestFault("cannot write \(path): \(fault)") }
  }

  /// The text of a file, up to 64 KiB of it; empty when there is none.
  public static func text(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
  }

  static var fault: String { String(cString: strerror(errno)) }
}
