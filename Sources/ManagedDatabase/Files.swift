import Glibc

/// What the managed database needs of the file system.
enum Files {
  /// The error of the last system call, in words.
  static var fault: String { String(cString: strerror(errno)) }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a directory and its parents, for the owner only. What root makes belongs to whom the
  /// directory above belongs, as if that user had made it.
  static func makeDirectory(_ path: String) throws(ManagedDatabaseError) {
    if exists(path) { return }
    let parents = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    let parent = (path.hasPrefix("/") ? "/" : "") + parents.joined(separator: "/")
    if !parents.isEmpty { try makeDirectory(parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw .unusable("cannot make the directory \(path): \(fault)")
    }
    if let owner = owner(parent.isEmpty ? "." : parent) { give(path, to: owner) }
  }

  /// Makes a file or directory belong to a user, if we may.
  static func give(_ path: String, to owner: uid_t) {
    guard getuid() == 0, let account = getpwuid(owner) else { return }
    lchown(path, owner, account.pointee.pw_gid)
  }

  /// The owner of a file or directory; nil when it does not exist.
  static func owner(_ path: String) -> uid_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_uid : nil
  }

  /// The size of a file; 0 when it does not exist.
  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// The names in a directory; nil when it cannot be read.
  static func names(in directory: String) -> [String]? {
    guard let handle = opendir(directory) else { return nil }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// The whole text of a small file; nil when it cannot be read.
  static func text(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  /// Writes a file anew, readable by all; nothing secret goes there.
  static func write(_ text: String, to path: String) throws(ManagedDatabaseError) {
    guard let file = fopen(path, "we") else { throw .unusable("cannot write \(path): \(fault)") }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten, chmod(path, 0o644) == 0 else {
      throw .unusable("cannot write \(path): \(fault)")
    }
  }

  /// What a log says of a failure, on one line for an error message: the first of its lines marked
  /// as errors, as the others follow from them, or the last lines if none is marked.
  /// - Parameter offset: what stands before it in the file is of an earlier time.
  static func complaint(_ path: String, from offset: Int = 0) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    fseek(file, 0, SEEK_END)
    fseek(file, max(offset, ftell(file) - bytes.count), SEEK_SET)
    let text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    let lines = text.split(separator: "\n")
    let errors = lines.filter { $0.contains("[ERROR]") }
    return (errors.isEmpty ? lines.suffix(4) : errors.prefix(4)).joined(separator: " / ")
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
