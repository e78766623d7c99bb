import ArgumentParser
import JSONText

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Save the whole ledger to a file, while everything goes on.",
    discussion: """
      The file is plain SQL, written by mariadb-dump, with a first and a last line by which restore \
      knows it. It is put in place when it is whole; a file that is there is replaced only with \
      --force. One backup is made at a time.
      """)

  @OptionGroup var common: CommonOptions

  @Flag(help: "Replace a file that is there.")
  var force = false

  @Argument(
    help: ArgumentHelp("The file; - for standard output.", valueName: "file"),
    completion: .file())
  var file: String

  func run() async throws {
    let client = try common.client()
    let progress = Progress("saved")
    let target = file == "-" ? nil : try NewFile(file, replaces: force)
    var end = BackupEnd()
    if target != nil { progress.show("waiting for pointsd") }
    try await client.download("/api/backup") { bytes throws(CommandFault) in
      end.add(bytes)
      guard let target else { return try Output.bytes(bytes) }
      try target.write(bytes)
      progress.show("\(end.count) bytes")
    }
    guard end.isThere else {
      throw CommandFault(
        .tryAgain,
        "the backup was cut off after \(end.count) bytes"
          + (target == nil ? "; what was printed is no backup" : "; nothing is left of it"))
    }
    guard let target else { return }
    try target.finish()
    progress.end()
    if !common.json { try Output.line("saved \(end.count) bytes to \(excerpt(file, limit: 4096))") }
  }
}

/// Whether a backup that passes by has its last line, without which it is none.
struct BackupEnd {
  /// In bytes.
  private(set) var count = 0
  private var tail: [UInt8] = []

  private static let prefix = "-- pointsd backup ends, SHA-256 "
  /// The last line with the end of the line before it.
  private static let length = 1 + prefix.utf8.count + 64 + 1

  mutating func add(_ bytes: [UInt8]) {
    count += bytes.count
    tail = Array((tail + bytes.suffix(Self.length)).suffix(Self.length))
  }

  var isThere: Bool {
    let text = String(decoding: tail, as: UTF8.self)
    return tail.count == Self.length && text.hasPrefix("\n" + Self.prefix) && text.hasSuffix("\n")
      && text.dropFirst(1 + Self.prefix.count).dropLast().allSatisfy { $0.isHexDigit }
  }
}
