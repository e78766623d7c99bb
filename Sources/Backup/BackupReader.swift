import Points

/// Reads a backup: first whether it is whole and ours, then the rows in it.
public struct BackupReader: Sendable {
  private let file: any BackupFile
  /// Where the last line begins.
  private let end: Int
  /// The version of the tables in it.
  public let schema: Int

  private static let piece = 1 << 18
  /// No statement of mariadb-dump is longer than a packet of MariaDB may be.
  private static let statementLimit = 64 << 20

  /// - Throws: `BackupError.foreign` for anything but a whole backup; what `file` throws.
  public init(_ file: any BackupFile) throws {
    self.file = file
    let start = String(decoding: try file.read(at: 0, count: 200), as: UTF8.self)
    let firstLine = start.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
    guard let schema = try BackupFormat.schema(ofFirstLine: firstLine) else {
      throw BackupError.foreign(
        file.size == 0 ? "it is empty" : "it does not begin as pointsctl backup writes it")
    }
    self.schema = schema
    let tail = try file.read(at: max(0, file.size - 200), count: 200)
    let newline = UInt8(ascii: "\n")
    let lineStart = tail.dropLast().lastIndex(of: newline).map { $0 + 1 } ?? 0
    let lastLine = String(decoding: tail[lineStart...], as: UTF8.self)
    guard let digest = BackupFormat.digest(ofLastLine: lastLine) else {
      throw BackupError.foreign("it does not end as pointsctl backup writes it: it was cut off")
    }
    self.end = file.size - (tail.count - lineStart)
    guard try Self.digest(of: file, until: end) == digest else {
      throw BackupError.foreign("its SHA-256 is not the one at its end: it was changed")
    }
  }

  private static func digest(of file: any BackupFile, until end: Int) throws -> String {
    let digest = try Digest()
    var offset = 0
    while offset < end {
      let bytes = try file.read(at: offset, count: min(piece, end - offset))
      guard !bytes.isEmpty else { break }
      digest.add(bytes)
      offset += bytes.count
    }
    return digest.hexadecimal()
  }

  /// Calls `body` with each statement that puts rows into a table of the ledger, in their order.
  /// Everything else in the file is for those who load it by hand.
  public func statements(_ body: ([UInt8]) throws -> Void) throws {
    var statement: [UInt8] = []
    try lines { line in
      if statement.isEmpty {
        guard Self.prefixes.contains(where: line.starts) else { return }
      }
      statement += line
      guard statement.count <= Self.statementLimit else {
        throw BackupError.foreign("it has a statement of more than \(Self.statementLimit) bytes")
      }
      // mariadb-dump writes line breaks inside of values as \n.
      guard statement.suffix(3).elementsEqual(");\n".utf8) else { return }
      try body(statement.dropLast(2))
      statement = []
    }
    guard statement.isEmpty else { throw BackupError.foreign("its last statement has no end") }
  }

  private static let prefixes = LedgerTables.exchanged.map {
    Array("INSERT INTO `\($0)` (`".utf8)
  }

  /// Each line with its end.
  private func lines(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
    var offset = 0
    var rest: [UInt8] = []
    while offset < end {
      let bytes = try file.read(at: offset, count: min(Self.piece, end - offset))
      guard !bytes.isEmpty else { break }
      offset += bytes.count
      // What is left of earlier pieces has no end of a line in it.
      var searched = rest.count
      rest += bytes
      var start = rest.startIndex
      while let newline = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        try body(rest[start...newline])
        start = newline + 1
        searched = start
      }
      rest.removeFirst(start)
      guard rest.count <= Self.statementLimit else {
        throw BackupError.foreign("it has a line of more than \(Self.statementLimit) bytes")
      }
    }
  }
}
