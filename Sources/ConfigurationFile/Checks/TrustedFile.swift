import Glibc

/// Opens a file for reading, through no link that another account could turn elsewhere: links on
/// the way must belong to root or to the account that reads.
///
/// Each part of the path is opened below the one before, so that nothing can be exchanged between
/// the look at a link and its use.
struct TrustedFile {
  private var folder: Int32
  /// What is left of the path, the next part last.
  private var parts: [String]
  private var linksLeft = 40

  /// O_PATH, which asks for no right to read: Swift does not import it.
  private static let pathOnly: Int32 = 0o10_000_000

  /// - Parameter path: absolute.
  /// - Returns: a descriptor that the caller closes.
  static func open(_ path: String) throws(FileFault) -> Int32 {
    guard !path.utf8.contains(0) else { throw FileFault(message: "a path cannot contain U+0000") }
    var walk = try TrustedFile(path)
    defer { close(walk.folder) }
    return try walk.open()
  }

  private init(_ path: String) throws(FileFault) {
    folder = Glibc.open("/", Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw FileFault(message: openFailure(errno)) }
    parts = Self.parts(of: path)
  }

  private mutating func open() throws(FileFault) -> Int32 {
    while let part = parts.popLast() {
      let next = openat(folder, part, Self.pathOnly | O_NOFOLLOW | O_CLOEXEC)
      guard next >= 0 else { throw FileFault(message: openFailure(errno)) }
      var status = stat()
      guard fstat(next, &status) == 0 else {
        defer { close(next) }
        throw FileFault(message: openFailure(errno))
      }
      if status.st_mode & S_IFMT == S_IFLNK {
        defer { close(next) }
        try follow(next, owner: status.st_uid)
      } else if parts.isEmpty {
        close(next)
        // Without O_NONBLOCK the daemon would wait for a writer of a named pipe for ever.
        let file = openat(folder, part, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw FileFault(message: openFailure(errno)) }
        return file
      } else {
        close(folder)
        folder = next
      }
    }
    throw FileFault(message: "is a directory; name the file in it")
  }

  private mutating func follow(_ link: Int32, owner: uid_t) throws(FileFault) {
    guard owner == 0 || owner == geteuid() else {
      throw FileFault(
        message: "a link in its path belongs to user \(owner), who could turn it elsewhere; "
          + "name the file itself")
    }
    guard linksLeft > 0 else { throw FileFault(message: openFailure(ELOOP)) }
    linksLeft -= 1
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlinkat(link, "", &target, target.count)
    guard count > 0 else { throw FileFault(message: openFailure(errno)) }
    let text = String(
      decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if text.hasPrefix("/") {
      let root = Glibc.open("/", Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
      guard root >= 0 else { throw FileFault(message: openFailure(errno)) }
      close(folder)
      folder = root
    }
    parts += Self.parts(of: text)
  }

  private static func parts(of path: String) -> [String] {
    path.split(separator: "/").reversed().map(String.init)
  }
}
