import ArgumentParser
import JSONText

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Show who changed what, when and why, newest first.",
    discussion: "Edits in SQL and what the daemon did unasked are among it.")

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("The newest so many.", valueName: "count"))
  var limit = 50

  @Argument(
    help: ArgumentHelp(
      "Only what concerns these users, servers or groups, in any case.", valueName: "profile"),
    completion: .profiles)
  var profiles: [String] = []

  /// What the API gives at once.
  private static let page = 1000

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be at least 1.") }
  }

  func run() async throws {
    let client = try common.client()
    // Profiles overlap: an entry of several is shown once.
    var entries: [JSONNode] = []
    for profile in profiles.isEmpty ? [nil] : profiles.map(Optional.some) {
      entries += try await self.entries(of: profile, client)
    }
    if profiles.count > 1 { entries = Self.newest(entries, limit) }
    if common.json { return try Output.line(JSONValue.array(entries).indented()) }
    let style = Style.ofOutput
    let lines = Self.table(entries, moment: .ofOutput)
      .lines(within: Screen.size?.columns, heading: style.heading)
    for line in lines { try Output.line(line) }
  }

  /// Page after page.
  private func entries(
    of profile: String?, _ client: APIClient
  ) async throws(CommandFault) -> [JSONNode] {
    var entries: [JSONNode] = []
    var before: String?
    repeat {
      var fields = ["limit=\(min(limit - entries.count, Self.page))"]
      if let profile { fields.append("profile=\(percentEncoded(profile))") }
      if let before { fields.append("before=\(percentEncoded(before))") }
      let answer = try await client.get("/api/audit?" + fields.joined(separator: "&"))
      guard let page = answer["data"]?.array else {
        throw APIFault.unexpectedResponse("no list of entries")
      }
      entries += page
      before = page.isEmpty ? nil : answer["next"]?.string
    } while before != nil && entries.count < limit
    return entries
  }

  /// Entries of several lists, each once.
  static func newest(_ entries: [JSONNode], _ limit: Int) -> [JSONNode] {
    var seen: Set<String> = []
    return Array(
      entries.filter { seen.insert($0["id"]?.string ?? "").inserted }
        .sorted { ($0["when"]?.string ?? "") > ($1["when"]?.string ?? "") }.prefix(limit))
  }

  static func table(_ entries: [JSONNode], moment: Moment) -> Table {
    var table = Table(columns: [
      .init(moment.heading("WHEN")), .init("WHAT"), .init("USERS", yields: .shrinks(3, to: 16)),
      .init("POINTS", .right), .init("WHO", yields: .shrinks(2, to: 16), .leaves(5)),
      .init("WHY", yields: .shrinks(1, to: 30), .leaves(4)),
    ])
    for entry in entries {
      let users = entry["users"]?.array ?? []
      let points = users.compactMap { $0["points"]?.integer }
      let outcome = entry["outcome"]?.string ?? "done"
      let kind = entry["kind"]?.string ?? "?"
      table.add([
        moment.text(entry["when"]?.string ?? "?"),
        outcome == "done" ? kind : "\(kind) (\(outcome))",
        Self.names(users), points.count == 1 ? "\(points[0])" : "", entry["who"]?.string ?? "?",
        entry["reason"]?.string ?? "",
      ])
    }
    return table
  }

  /// A few names, and how many there are; what was not done is said.
  private static func names(_ users: [JSONNode]) -> String {
    let names = users.prefix(3).map { user in
      let outcome = user["outcome"]?.string ?? "done"
      return (user["user"]?.string ?? "?") + (outcome == "done" ? "" : " (\(outcome))")
    }
    return names.joined(separator: ", ") + (users.count > 3 ? " and \(users.count - 3) more" : "")
  }
}
