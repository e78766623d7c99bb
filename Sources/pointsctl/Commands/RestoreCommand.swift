import ArgumentParser
import JSONText

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Replace the whole ledger by that of a backup, all of it or nothing.",
    discussion: """
      The backup is taken into a schema beside the one in use and verified there; then the two are \
      exchanged at once. The time since the backup is credited to nobody. The ledger that was there \
      stays in the schema at the side until the next restore.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(
    help: ArgumentHelp("What pointsctl backup wrote.", valueName: "file"), completion: .file())
  var file: String

  func validate() throws {
    if common.url != nil {
      throw ValidationError("restore works over the control socket only, not over --url.")
    }
  }

  func run() async throws {
    let client = try common.client()
    let source = try SentFile(file)
    let progress = Progress("restoring")
    let size = source.size
    var outcome: JSONNode?
    try await client.upload("/api/restore", source) { sent in
      progress.show("sent \(sent) of \(size) bytes")
    } line: { node throws(CommandFault) in
      if let step = node["step"]?.string {
        progress.step(excerpt(step, limit: 500))
      } else {
        outcome = node
      }
    }
    progress.end()
    guard let outcome else {
      throw CommandFault(
        .tryAgain,
        "the connection ended before the outcome was known; pointsctl ps and the log "
          + "(event restore) tell")
    }
    guard outcome["success"]?.boolean == true else {
      throw APIFault.failure(
        client.endpoint, status: UInt(clamping: outcome["status"]?.integer ?? 500),
        message: outcome["error"]?.string)
    }
    if common.json {
      try Output.line(try outcome.data().indented)
    } else {
      try Output.line("restored from \(excerpt(file, limit: 4096))")
    }
  }
}
