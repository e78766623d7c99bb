import CLinux
import Glibc
import SystemPackage

/// An open directory and whose it is.
///
/// Everything in it is reached by its descriptor and never by its path again, and never through a
/// link, so that nobody can put something else in the place of what was looked at. Root does all
/// work in it as its owner.
package final class Directory: Sendable {
  /// Where it was when it was opened, without links.
  package let path: String
  package let descriptor: Descriptor
  /// Its owner. The group is that of the first directory on the way that is not root's.
  package let account: FileAccount

  init(path: String, descriptor: Descriptor, account: FileAccount) {
    self.path = path
    self.descriptor = descriptor
    self.account = account
  }

  /// Opens a directory.
  /// - Parameters:
  ///   - path: absolute, or relative to the working directory. Links on the way are followed; root
  ///     follows those of other accounts only to what is theirs.
  ///   - mode: of it and of its parents when they are missing and are made; nil makes none.
  package convenience init(_ path: String, making mode: mode_t? = nil) throws(FileError) {
    var walk = try PathWalk(path.hasPrefix("/") ? path : Self.absolute(path))
    let directory = try walk.run(making: mode)
    self.init(
      path: directory.path, descriptor: directory.descriptor, account: directory.account)
  }

  /// The directory that a path names something in, and the name.
  package static func split(_ path: String) -> (folder: String, name: String) {
    let path = FilePath(path)
    let folder = path.removingLastComponent().string
    return (folder.isEmpty ? "." : folder, path.lastComponent?.string ?? "")
  }

  /// Looks whether a directory can be used or made, and makes nothing.
  /// - Returns: nil when it is missing and can be made.
  /// - Throws: what opening and making it would.
  package static func lookingWhether(_ path: String) throws(FileError) -> Directory? {
    var walk = try PathWalk(path.hasPrefix("/") ? path : absolute(path))
    return try walk.runDry()
  }

  private static func absolute(_ path: String) throws(FileError) -> String {
    guard let folder = getcwd(nil, 0) else { throw .last("cannot find the working directory") }
    defer { free(folder) }
    return "\(String(cString: folder))/\(path)"
  }

  package func path(of name: String) -> String { "\(path == "/" ? "" : path)/\(name)" }

  /// A directory in this one, of the same owner.
  /// - Parameter mode: when it is missing and is made; nil makes none.
  package func directory(_ name: String, making mode: mode_t? = nil) throws(FileError) -> Directory
  {
    try act { () throws(FileError) in
      if let mode {
        guard mkdirat(number, name, mode) == 0 || errno == EEXIST else {
          throw .last("cannot make the directory \(path(of: name))")
        }
      }
      let opened = openat(
        number, name, clinux_path_only | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard opened >= 0 else { throw .last("cannot open the directory \(path(of: name))") }
      let descriptor = Descriptor(opened)
      let status = try descriptor.status(path(of: name))
      guard status.st_uid == maker else { throw untrusted(name, status) }
      return Directory(path: path(of: name), descriptor: descriptor, account: account)
    }
  }

  /// The names of what is in it.
  package func names() throws(FileError) -> [String] {
    try act { () throws(FileError) in
      let opened = openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard opened >= 0, let handle = fdopendir(opened) else {
        throw explained(.last("cannot read the directory \(path)"))
      }
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
  }

  /// A refusal with whose the directory is, and what to do.
  private func explained(_ error: FileError) -> FileError {
    guard error.code == EACCES, let status = try? descriptor.status(path) else { return error }
    return FileError(
      "\(error); it belongs to \(accountName(status.st_uid)), and pointsd runs as"
        + " \(accountName(geteuid())): run it as that account, or name another directory",
      code: error.code)
  }

  /// What has a name in it, links not followed; nil when there is nothing.
  package func status(_ name: String) -> stat? {
    var status = stat()
    return fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  /// Whether nobody but its owner may use it.
  package var isPrivate: Bool {
    (try? descriptor.status(path)).map { $0.st_mode & 0o077 == 0 } ?? false
  }

  package func contains(_ name: String) -> Bool { status(name) != nil }

  /// Gives something in it another name in it; what had that name is replaced.
  package func rename(_ name: String, to other: String) throws(FileError) {
    try act { () throws(FileError) in
      guard renameat(number, name, number, other) == 0 else {
        throw .last("cannot rename \(path(of: name)) to \(other)")
      }
    }
  }

  /// Removes a file, socket or link; nothing happens when there is none.
  package func remove(_ name: String) throws(FileError) {
    try act { () throws(FileError) in
      guard unlinkat(number, name, 0) == 0 || errno == ENOENT else {
        throw .last("cannot remove \(path(of: name))")
      }
    }
  }

  var number: Int32 { descriptor.number }

  /// Who owns what is made here: root works as the owner, everybody else as who they are.
  var maker: uid_t { geteuid() == 0 ? account.user : geteuid() }

  func act<Result>(_ body: () throws(FileError) -> Result) throws(FileError) -> Result {
    try account.act(body)
  }

  /// What has this name is not what its owner would have there.
  func untrusted(_ name: String, _ status: stat) -> FileError {
    let (owner, wanted) = (accountName(status.st_uid), accountName(maker))
    let what =
      owner == wanted ? "is no file with one name" : "belongs to \(owner), not to \(wanted)"
    return FileError("\(path(of: name)) \(what); remove it")
  }
}
