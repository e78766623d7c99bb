import Glibc

/// What the managed database needs of the file system.
enum Files {
  /// The error of the last system call, in words.
  static var fault: String { String(cString: strerror(errno)) }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a directory and its parents, readable by the owner only.
  static func makeDirectory(_ path: String) throws(ManagedDatabaseError) {
    if exists(path) { return }
    let parent = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    let prefix = path.hasPrefix("/") ? "/" : ""
    if !parent.isEmpty { try makeDirectory(prefix + parent.joined(separator: "/")) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw .unusable("cannot make the directory \(path): \(fault)")
    }
  }

  /// The owner of a file or directory; nil when it does not exist.
  static func owner(_ path: String) -> uid_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_uid : nil
  }

  /// The whole text of a small file; nil when it cannot be read.
  static func text(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// The last lines of a log, for an error message.
  static func lastLines(_ path: String, count: Int) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    fseek(file, 0, SEEK_END)
    fseek(file, max(0, ftell(file) - bytes.count), SEEK_SET)
    let text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    return text.split(separator: "\n").suffix(count).joined(separator: "\n")
  }

  /// The name of an account of this machine.
  static func userName(_ identifier: uid_t) -> String? {
    getpwuid(identifier).map { String(cString: $0.pointee.pw_name) }
  }

  /// The first of these programs that exists.
  static func program(_ candidates: [String]) -> String? {
    candidates.first { access($0, X_OK) == 0 }
  }
}
