import ArgumentParser
import JSONText

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Save the whole ledger to a file, while everything goes on.",
    discussion: """
      The file is plain SQL, written by mariadb-dump, with a first and a last line by which restore \
      knows it. It is put in place when it is whole; a file that is there is replaced only with \
      --force.
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
    guard file != "-" else {
      try await client.download("/api/backup") { bytes throws(CommandFault) in
        try Output.bytes(bytes)
      }
      return
    }
    let target = try NewFile(file, replaces: force)
    var count = 0
    try await client.download("/api/backup") { bytes throws(CommandFault) in
      try target.write(bytes)
      count += bytes.count
      progress.show("\(count) bytes")
    }
    try target.finish()
    progress.end()
    if !common.json { try Output.line("saved \(count) bytes to \(excerpt(file, limit: 4096))") }
  }
}
