import Files
import Glibc

/// Where things are in a managed database's directory.
struct DatabaseLayout: Sendable {
  /// The configured directory, without links, so that it has one name for every daemon.
  let directory: Directory

  /// A Unix socket's path may have 107 bytes; a deeper directory gets its socket elsewhere.
  static let longestSocketPath = 107

  /// The names in the directory.
  enum Name {
    static let lock = "lock"
    static let data = "data"
    /// Where a new database is made before it becomes `data`: a place of its own for each attempt,
    /// as an interrupted one may still be written to.
    static let unfinishedPrefix = "data.unfinished"
    /// The server's own place for temporary tables: when a server starts it removes what it finds
    /// of them, be it another server's.
    static let temporary = "tmp"
    static let log = "mariadbd.log"
    static let oldLog = "mariadbd.log.old"
    /// What the server does at each start: accounts for the people of this machine.
    static let accounts = "accounts.sql"
    /// Where shells and scripts find the path of the socket.
    static let socketNote = "socket-path"
    /// Which server has answered, so that it is never killed: see `AnsweredMark`.
    static let answered = "mariadbd.answered"
    static let socket = "mariadbd.sock"
    static let processFile = "mariadbd.pid"
    /// What a file system of its own has in its root.
    static let lostAndFound = "lost+found"
    /// Where `mariadb-upgrade` notes the version of the data; its name changed with MariaDB 11.
    static let versionMarks = ["mariadb_upgrade_info", "mysql_upgrade_info"]
  }

  var data: String { directory.path(of: Name.data) }
  var temporary: String { directory.path(of: Name.temporary) }
  var log: String { directory.path(of: Name.log) }
  var processFile: String { directory.path(of: Name.processFile) }
  var accounts: String { directory.path(of: Name.accounts) }
  /// The beginning of the paths of databases that are being made.
  var unfinished: String { directory.path(of: Name.unfinishedPrefix) }

  var socket: String {
    let inside = directory.path(of: Name.socket)
    if inside.utf8.count <= Self.longestSocketPath { return inside }
    return "/tmp/\(shortName)/\(Name.socket)"
  }

  /// Whether the socket had to go elsewhere.
  var isSocketElsewhere: Bool { socket.hasPrefix("/tmp/\(shortName)/") }

  /// The name of a private directory in /tmp, the same for the same data directory.
  private var shortName: String {
    // FNV-1a, Fowler, Noll and Vo: short, and the same in every process.
    let hash = directory.path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return "pointsd-\(String(hash, radix: 16))"
  }
}

extension DatabaseLayout {
  /// Opens the directory, makes it if it is missing, and refuses one that holds something else.
  init(preparing path: String) throws(ManagedDatabaseError) {
    try Self.refuseUnusable(path)
    do throws(FileError) {
      directory = try Directory(path, making: 0o700)
    } catch {
      throw .unusable("cannot use the data directory: \(error)")
    }
    try Self.refuseUnusable(directory.path)
    try refuseForeignContent()
    try refuseSandbox()
  }

  private static func refuseUnusable(_ path: String) throws(ManagedDatabaseError) {
    guard !path.contains(where: { ":'\\".contains($0) }) else {
      throw .unusable(
        "database.managed.dataDirectory is \(path): MariaDB's programs cannot handle a colon, an "
          + "apostrophe or a backslash in it; give another directory")
    }
  }

  /// MariaDB gives files the owner that they have when it replaces them, as with a trigger's; the
  /// sandbox of a service may refuse every such call.
  private func refuseSandbox() throws(ManagedDatabaseError) {
    // Changes neither owner nor group.
    let isRefused = fchown(directory.descriptor.number, uid_t.max, gid_t.max) != 0
    guard isRefused, errno == EPERM else { return }
    throw .unusable(
      "a database of pointsd's own gives files their owner (chown), which is not permitted here; "
        + "for the installed service: systemctl edit pointsd, and below [Service] "
        + "SystemCallFilter=@chown")
  }

  private func refuseForeignContent() throws(ManagedDatabaseError) {
    let names: [String]
    do throws(FileError) {
      names = try directory.names()
    } catch {
      throw .unusable("\(error)")
    }
    if names.contains("ibdata1") {
      throw .unusable(
        "\(directory.path) is the data of a MariaDB that pointsd did not make; "
          + "run that server and name it in database.hosts, or give another directory")
    }
    let foreign = names.sorted().first { $0 != Name.lostAndFound }
    guard !names.contains(Name.lock), let foreign else {
      guard !names.contains(Name.data) || dataDirectory?.contains("ibdata1") == true else {
        throw .unusable("\(data) is no MariaDB data: ibdata1 is missing; nothing was touched")
      }
      return
    }
    throw .unusable(
      "the data directory \(directory.path) holds something else (\(foreign)); "
        + "give an empty directory, or one that does not exist yet")
  }

  /// The server's own files; nil before they are made.
  var dataDirectory: Directory? { try? directory.directory(Name.data) }

  /// Makes what the server needs beside its data.
  func makePlaces() throws(FileError) {
    _ = try directory.directory(Name.temporary, making: 0o700)
    if isSocketElsewhere { try makeShortDirectory() }
    try directory.write(socket + "\n", to: Name.socketNote, mode: 0o644)
  }

  /// The socket's directory must be the server's alone: /tmp is everybody's.
  private func makeShortDirectory() throws(FileError) {
    let path = "/tmp/\(shortName)"
    // What is there already is looked at below.
    _ = try directory.account.act { mkdir(path, 0o700) }
    let short = try Directory(path)
    guard short.account.user == directory.account.user, short.path == path, short.isPrivate else {
      throw FileError(
        "\(path) belongs to another account; remove it, or give "
          + "database.managed.dataDirectory a shorter path")
    }
  }

  /// The log, open for appending; one that is too large or that is not the owner's is put aside.
  func openLog() throws(FileError) -> Descriptor {
    if let status = directory.status(Name.log), status.st_size > 10_000_000 {
      try directory.rename(Name.log, to: Name.oldLog)
    }
    do throws(FileError) {
      return try directory.writing(Name.log, appending: true)
    } catch {
      // Left by an earlier version under root, or planted: the name is ours, the file is not.
      guard directory.contains(Name.log) else { throw error }
      try directory.rename(Name.log, to: Name.oldLog)
      return try directory.writing(Name.log, appending: true)
    }
  }

  /// What was logged from `offset` on, the last 8 KiB of it.
  func logText(from offset: Int) -> String {
    let start = max(offset, logSize - 8192)
    let bytes = try? directory.reading(Name.log).read(from: start, limit: 8192, path: log)
    return String(decoding: bytes ?? [], as: UTF8.self)
  }

  /// The size of the log in bytes; 0 when there is none.
  var logSize: Int { directory.status(Name.log).map { Int($0.st_size) } ?? 0 }
}
