import Glibc

/// Where things are in a managed database's directory.
struct DatabaseLayout: Sendable, Hashable {
  /// The configured directory.
  let directory: String

  /// A Unix socket's path may have 107 bytes; a deeper directory gets its socket elsewhere.
  static let longestSocketPath = 107

  var lock: String { "\(directory)/lock" }
  var data: String { "\(directory)/data" }
  /// Where a new database is made before it becomes `data`.
  var unfinishedData: String { "\(directory)/data.unfinished" }
  var log: String { "\(directory)/mariadbd.log" }
  var processFile: String { "\(directory)/mariadbd.pid" }
  var versionMark: String { "\(data)/mysql_upgrade_info" }

  var socket: String {
    let inside = "\(directory)/mariadbd.sock"
    if inside.utf8.count <= Self.longestSocketPath { return inside }
    return "\(shortDirectory)/mariadbd.sock"
  }

  /// A private directory with a short path, the same for the same data directory.
  var shortDirectory: String {
    // FNV-1a, Fowler, Noll and Vo: short, and the same in every process.
    let hash = directory.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return "/tmp/pointsd-\(getuid())-\(String(hash, radix: 16))"
  }

  /// Makes the directories. The short one must be ours alone: /tmp is everybody's.
  func makeDirectories() throws(ManagedDatabaseError) {
    try Files.makeDirectory(directory)
    guard socket.hasPrefix(shortDirectory) else { return }
    try Files.makeDirectory(shortDirectory)
    var status = stat()
    guard lstat(shortDirectory, &status) == 0, status.st_uid == getuid(),
      status.st_mode & 0o077 == 0
    else {
      throw .unusable(
        "\(shortDirectory) belongs to somebody else; remove it, or give "
          + "database.managed.dataDirectory a shorter path")
    }
  }
}
