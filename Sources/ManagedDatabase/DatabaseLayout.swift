import Glibc

/// Where things are in a managed database's directory.
struct DatabaseLayout: Sendable, Hashable {
  /// The configured directory, without links, so that it has one name for every daemon.
  let directory: String

  /// A Unix socket's path may have 107 bytes; a deeper directory gets its socket elsewhere.
  static let longestSocketPath = 107

  var lock: String { "\(directory)/lock" }
  var data: String { "\(directory)/data" }
  /// Where a new database is made before it becomes `data`: a place of its own for each attempt, as
  /// an interrupted one may still be written to.
  var unfinishedData: String { "\(directory)/\(Self.unfinishedPrefix)\(getpid())" }
  /// The server's own place for temporary tables: when a server starts it removes what it finds of
  /// them, be it another server's.
  var temporary: String { "\(directory)/tmp" }
  var log: String { "\(directory)/mariadbd.log" }
  var oldLog: String { "\(directory)/mariadbd.log.old" }
  var processFile: String { "\(directory)/mariadbd.pid" }
  /// What the server does at each start: accounts for the people of this machine.
  var accounts: String { "\(directory)/accounts.sql" }
  /// Tells shells and scripts where the socket is.
  var socketNote: String { "\(directory)/socket-path" }
  /// Where `mariadb-upgrade` notes the version of the data; its name changed with MariaDB 11.
  var versionMarks: [String] { ["\(data)/mariadb_upgrade_info", "\(data)/mysql_upgrade_info"] }

  static let unfinishedPrefix = "data.unfinished"

  var socket: String {
    let inside = "\(directory)/mariadbd.sock"
    if inside.utf8.count <= Self.longestSocketPath { return inside }
    return "\(shortDirectory)/mariadbd.sock"
  }

  /// Whether the socket had to go elsewhere.
  var isSocketElsewhere: Bool { socket.hasPrefix(shortDirectory) }

  /// A private directory with a short path, the same for the same data directory.
  var shortDirectory: String {
    // FNV-1a, Fowler, Noll and Vo: short, and the same in every process.
    let hash = directory.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return "/tmp/pointsd-\(String(hash, radix: 16))"
  }
}

extension DatabaseLayout {
  /// Makes the directory, with the owner of the one above it when root makes it, and refuses one
  /// that holds something else.
  init(preparing directory: String) throws(ManagedDatabaseError) {
    try Self.refuseBlanks(directory)
    try Files.makeDirectory(directory)
    guard let resolved = realpath(directory, nil) else {
      throw .unusable("cannot use the data directory \(directory): \(Files.fault)")
    }
    defer { free(resolved) }
    self.directory = String(cString: resolved)
    try Self.refuseBlanks(self.directory)
    try refuseForeignContent()
  }

  /// mariadb-install-db, a shell script, takes a path with a blank for several.
  private static func refuseBlanks(_ directory: String) throws(ManagedDatabaseError) {
    guard !directory.contains(where: \.isWhitespace) else {
      throw .unusable(
        "database.managed.dataDirectory is \(directory): it must not contain blanks, "
          + "which MariaDB's programs cannot handle")
    }
  }

  private func refuseForeignContent() throws(ManagedDatabaseError) {
    guard let names = Files.names(in: directory) else {
      throw .unusable("cannot read the data directory \(directory): \(Files.fault)")
    }
    if names.contains("ibdata1") {
      throw .unusable(
        "\(directory) is the data of a MariaDB that pointsd did not make; "
          + "run that server and name it in database.hosts, or give another directory")
    }
    guard !names.contains("lock"), let foreign = names.sorted().first else {
      guard !Files.exists(data) || Files.exists("\(data)/ibdata1") else {
        throw .unusable("\(data) is no MariaDB data: ibdata1 is missing; nothing was touched")
      }
      return
    }
    throw .unusable(
      "the data directory \(directory) holds something else (\(foreign)); "
        + "give an empty directory, or one that does not exist yet")
  }

  func makeTemporaryDirectory(for owner: uid_t) throws(ManagedDatabaseError) {
    try Files.makeDirectory(temporary)
    Files.give(temporary, to: owner)
  }

  /// Makes the socket's directory if it is not the data directory. It must be the server's alone:
  /// /tmp is everybody's.
  func makeSocketDirectory(for owner: uid_t) throws(ManagedDatabaseError) {
    guard isSocketElsewhere else { return }
    if mkdir(shortDirectory, 0o700) == 0 { Files.give(shortDirectory, to: owner) }
    var status = stat()
    guard lstat(shortDirectory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == owner, status.st_mode & 0o077 == 0
    else {
      throw .unusable(
        "\(shortDirectory) belongs to somebody else; remove it, or give "
          + "database.managed.dataDirectory a shorter path")
    }
  }
}
