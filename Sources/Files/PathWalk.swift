import CLinux
import Glibc

/// Goes down a path part by part, each below the descriptor of the one before.
///
/// Root goes on as the first other account that something on the way belongs to: a link or a
/// directory of that account leads root to what is that account's, and nowhere else.
struct PathWalk {
  private let path: String
  private var directory: Descriptor
  private var status: stat
  /// The way without links.
  private var resolved: [String] = []
  /// What is left of the path, the next part last.
  private var pending: [String]
  /// Whose rights hold from here on; nil while everything on the way is root's.
  private var account: FileAccount?
  private var linksLeft = 40

  /// - Parameter path: absolute.
  init(_ path: String) throws(FileError) {
    guard path.hasPrefix("/"), !path.utf8.contains(0) else {
      throw FileError("\(path) is no absolute path")
    }
    self.path = path
    pending = Self.parts(of: path)
    directory = try Self.root()
    status = try directory.status("/")
  }

  /// The directory at the end of the path.
  /// - Parameter mode: of directories that are made when they are missing; nil makes none.
  mutating func run(making mode: mode_t?) throws(FileError) -> Directory {
    while let part = pending.popLast() { try step(part, making: mode) }
    let name = "/" + resolved.joined(separator: "/")
    if let account, status.st_uid != account.user {
      throw FileError(
        "\(path) leads out of what belongs to \(accountName(account.user)), to \(name) of "
          + "\(accountName(status.st_uid)); give it to \(accountName(account.user)), "
          + "or use another path")
    }
    return Directory(
      path: name, descriptor: directory,
      account: account ?? FileAccount(user: status.st_uid, group: status.st_gid))
  }

  /// Does as `run` without making anything.
  /// - Returns: nil where directories are missing that could be made.
  mutating func runDry() throws(FileError) -> Directory? {
    while let part = pending.popLast() {
      do {
        try step(part, making: nil)
      } catch  where error.code == ENOENT {
        try requireWritable(
          "cannot make the directory /" + (resolved + [part]).joined(separator: "/"))
        return nil
      }
    }
    try requireWritable("cannot write to /" + resolved.joined(separator: "/"))
    return try run(making: nil)
  }

  private func requireWritable(_ failure: String) throws(FileError) {
    try (account ?? FileAccount(user: geteuid(), group: getegid())).act { () throws(FileError) in
      guard faccessat(directory.number, ".", W_OK | X_OK, AT_EACCESS) == 0 else {
        throw .last(failure)
      }
    }
  }

  private mutating func step(_ part: String, making mode: mode_t?) throws(FileError) {
    let place = "/" + (resolved + [part]).joined(separator: "/")
    let (here, rights) = (directory, account ?? FileAccount(user: 0, group: 0))
    let next = try rights.act { () throws(FileError) in
      try Self.open(part, in: here, place: place, making: mode)
    }
    let found = try next.status(place)
    try pass(found, place: place)
    switch found.st_mode & S_IFMT {
    case S_IFLNK: try follow(next, place: place)
    case S_IFDIR:
      directory = next
      status = found
      if part != ".." { resolved.append(part) } else { _ = resolved.popLast() }
    default: throw FileError("\(place): Not a directory", code: ENOTDIR)
    }
  }

  private static func open(
    _ part: String, in directory: Descriptor, place: String, making mode: mode_t?
  ) throws(FileError) -> Descriptor {
    let flags = clinux_path_only | O_NOFOLLOW | O_CLOEXEC
    var next = openat(directory.number, part, flags)
    if next < 0, errno == ENOENT, let mode {
      guard mkdirat(directory.number, part, mode) == 0 || errno == EEXIST else {
        throw .last("cannot make the directory \(place)")
      }
      next = openat(directory.number, part, flags)
    }
    guard next >= 0 else { throw .last("cannot open \(place)") }
    return Descriptor(next)
  }

  /// Takes on the rights of the first account that is not root.
  private mutating func pass(_ found: stat, place: String) throws(FileError) {
    guard geteuid() == 0, found.st_uid != 0 else { return }
    guard let account else {
      account = FileAccount(user: found.st_uid, group: found.st_gid)
      return
    }
    guard account.user == found.st_uid else {
      throw FileError(
        "\(place) belongs to \(accountName(found.st_uid)), and what leads there to "
          + "\(accountName(account.user)); root does not go from one to the other")
    }
  }

  private mutating func follow(_ link: Descriptor, place: String) throws(FileError) {
    guard linksLeft > 0 else { throw FileError("too many links in \(path)", code: ELOOP) }
    linksLeft -= 1
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlinkat(link.number, "", &target, target.count)
    guard count > 0 else { throw .last("cannot follow \(place)") }
    let text = String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    if text.hasPrefix("/") {
      directory = try Self.root()
      status = try directory.status("/")
      resolved = []
    }
    pending += Self.parts(of: text)
  }

  private static func root() throws(FileError) -> Descriptor {
    let descriptor = Glibc.open("/", clinux_path_only | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("cannot open /") }
    return Descriptor(descriptor)
  }

  private static func parts(of path: String) -> [String] {
    // By bytes, as the kernel does: a name may begin with what a slash would be one character with.
    path.utf8.split(separator: UInt8(ascii: "/")).reversed().map {
      String(decoding: $0, as: UTF8.self)
    }
    .filter { $0 != "." }
  }
}
