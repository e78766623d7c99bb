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

  @Argument(
    help: ArgumentHelp(
      "Users, servers, groups or all, in any case; nothing for every line.", valueName: "profile"),
    completion: .profiles)
  var profiles: [String] = []

  func validate() throws {
    if let lines, lines < 0 { throw ValidationError("--lines must not be negative.") }
  }

  func run() async throws {
    let signals = EndOnSignals()
    defer { signals.cancel() }
    let client = try common.client()
    var printer = LogPrinter(
      users: try await users(client), last: lines, json: common.json, style: .ofOutput)
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

/// Prints lines of the log as they come, over however many daemons.
struct LogPrinter {
  /// nil for every line.
  let users: Set<String>?
  /// How many of the newest lines to begin with; nil for all.
  let last: Int?
  let json: Bool
  let style: Style
  /// The id of the last line that came.
  private var newest: String?
  /// Lines held back until it is known which are the last.
  private var held: [String] = []

  init(users: Set<String>?, last: Int?, json: Bool, style: Style) {
    self.users = users
    self.last = last
    self.json = json
    self.style = style
  }

  /// Prints what is there, then what comes, and begins again with the next daemon.
  mutating func follow(_ client: APIClient) async throws {
    if last != nil {
      try await print(client, follow: false)
      try finish()
    }
    var backOff = BackOff()
    var generator = SystemRandomNumberGenerator()
    while true {
      let before = newest
      do throws(CommandFault) {
        try await print(client, follow: true)
        Output.note("pointsctl: the daemon ended the log; waiting for it")
      } catch {
        guard error.status == .unavailable || error.status == .tryAgain else { throw error }
        if newest == nil && before == nil { throw error }
        Output.note("pointsctl: \(error.description)")
      }
      if newest != before { backOff.reset() }
      try await Task.sleep(for: backOff.next(using: &generator))
    }
  }

  /// Prints what came since the last line, and with `follow` what comes until the daemon ends.
  mutating func print(_ client: APIClient, follow: Bool) async throws(CommandFault) {
    let after = newest.map { "&after=\($0)" } ?? ""
    var printer = self
    defer { self = printer }
    try await client.lines("/api/logs?follow=\(follow ? 1 : 0)\(after)") {
      node throws(CommandFault) in try printer.take(node, holdsBack: !follow)
    }
  }

  private mutating func take(_ node: JSONNode, holdsBack: Bool) throws(CommandFault) {
    guard let id = node["id"]?.string, let message = node["message"]?.string else {
      throw APIFault.unexpectedResponse("a line of the log without id and message")
    }
    newest = id
    if let users, !users.contains(node["user"]?.string ?? "") { return }
    let text =
      json
      ? node.compact
      : excerpt(node["time"]?.string ?? "", limit: 40)
        + " \(level(node)) \(excerpt(message, limit: 4000))"
    if holdsBack, last != nil { held.append(text) } else { try Output.line(text) }
  }

  /// Prints the last of the lines that were held back.
  mutating func finish() throws(CommandFault) {
    for line in held.suffix(last ?? held.count) { try Output.line(line) }
    held = []
  }

  /// In eight columns, so that messages stand below each other.
  private func level(_ node: JSONNode) -> String {
    let name = excerpt(node["level"]?.string ?? "", limit: 8)
    return style.level(name) + String(repeating: " ", count: max(0, 8 - displayWidth(name)))
  }
}
