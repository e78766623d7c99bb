import ArgumentParser
import JSONText
import Points

struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Print the newest lines of the daemon's log, of all or of some users.",
    discussion: """
      The daemon keeps the newest 5,000 lines; all of them are in the journal of an installed \
      daemon: journalctl -u pointsd. With --follow the lines that come are printed too, also those \
      of the daemon that is started next.
      """)

  @OptionGroup var common: CommonOptions

  @Flag(name: .shortAndLong, help: "Go on with what is logged, until Ctrl-C.")
  var follow = false

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("Begin with so many of the newest lines.", valueName: "number"))
  var lines: Int?

  @Option(
    help: ArgumentHelp(
      "Only lines of this level and above: \(LogFilter.levels.joined(separator: ", ")).",
      valueName: "level"), completion: .list(LogFilter.levels))
  var level: String?

  @Option(
    help: ArgumentHelp(
      "Only lines from then on: 30s, 10m, 2h, 7d ago, or \"2026-01-12 14:30:00\" in UTC.",
      valueName: "time"))
  var since: String?

  @Argument(
    help: ArgumentHelp(
      "Users, servers, groups or all, in any case; nothing for every line.", valueName: "profile"),
    completion: .profiles)
  var profiles: [String] = []

  func validate() throws {
    if let lines, lines < 0 { throw ValidationError("--lines must not be negative.") }
    _ = try LogFilter(level: level, since: since)
  }

  func run() async throws {
    let signals = EndOnSignals()
    defer { signals.cancel() }
    let client = try common.client()
    var filter = try LogFilter(level: level, since: since)
    filter.users = try await users(client)
    var printer = LogPrinter(filter: filter, last: lines, json: common.json, style: .ofOutput)
    guard follow else {
      try await printer.print(client, follow: false)
      return try printer.finish()
    }
    try await printer.follow(client)
  }

  /// The users that the profiles mean; nil for every line.
  private func users(_ client: APIClient) async throws -> Set<String>? {
    guard !profiles.isEmpty else { return nil }
    let servers = try await Profiles(servers: client.servers()).servers(of: profiles)
    return Set(servers.map(\.user))
  }
}
