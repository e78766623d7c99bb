import Points

/// How a backup file is recognised: its first line and its last.
///
/// Between them stands what mariadb-dump wrote, so that the file is plain SQL: a MariaDB client
/// loads it into an empty schema. The last line has the SHA-256 of everything before it
/// (`head --lines=-1 FILE | sha256sum`): a file cut off or edited is known for what it is.
enum BackupFormat {
  /// The version of this format.
  static let version = 1

  static func firstLine(schema: Int) -> String {
    "-- pointsd backup, format \(version), schema \(schema)\n"
  }

  static func lastLine(digest: String) -> String {
    "-- pointsd backup ends, SHA-256 \(digest)\n"
  }

  /// The schema's version that a first line names; nil when it is not one of ours.
  /// - Throws: `BackupError.foreign` for a format that this program does not know.
  static func schema(ofFirstLine line: String) throws(BackupError) -> Int? {
    guard line.hasPrefix("-- pointsd backup, format ") else { return nil }
    let words = line.split { " ,".contains($0) }
    guard words.count == 7, let format = Int(words[4]), let schema = Int(words[6]) else {
      return nil
    }
    guard format == version else {
      throw .foreign("it has format \(format), and this pointsd knows \(version)")
    }
    return schema
  }

  /// The digest that a last line names; nil when it is not one of ours.
  static func digest(ofLastLine line: String) -> String? {
    let prefix = "-- pointsd backup ends, SHA-256 "
    guard line.hasPrefix(prefix), line.hasSuffix("\n") else { return nil }
    return String(line.dropFirst(prefix.count).dropLast())
  }
}

/// Why a file cannot be restored, for the operator.
public enum BackupError: Error, Sendable, Hashable, CustomStringConvertible {
  /// It is not a whole backup that this program knows.
  case foreign(String)

  public var description: String {
    switch self {
    case .foreign(let reason): "this is no backup of pointsd that can be restored: \(reason)"
    }
  }
}
