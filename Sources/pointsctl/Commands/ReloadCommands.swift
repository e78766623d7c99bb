import ArgumentParser
import JSONText

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what reload would do to each user; change nothing.",
    discussion: "The exit status is 0 when nothing would change, and 2 when something would.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let plan = try ReloadPlanAnswer(try await common.client().get("/api/plan").data())
    if common.json {
      try Output.line(plan.data.indented)
    } else {
      let style = Style.ofOutput
      for line in plan.table(style: style).lines(heading: style.heading) { try Output.line(line) }
      for line in plan.notes { try Output.line(line) }
    }
    if plan.changes { throw CommandFault(.wouldChange, "") }
  }
}

struct ReloadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Let the daemon change to what its configuration file says, all of it or nothing.",
    discussion: """
      Users that are the same in the file keep their connections. The points of users it no longer \
      has stay in the ledger.
      """)

  @OptionGroup var common: CommonOptions

  @Option(help: ArgumentHelp("Why; kept in log and ledger.", valueName: "text"))
  var reason: String?

  func run() async throws {
    let fields = reason.map { [(key: "reason", value: JSONValue.string($0))] } ?? []
    let plan = try ReloadPlanAnswer(
      try await common.client().post("/api/reload", fields, timeoutSeconds: 60).data())
    if common.json { return try Output.line(plan.data.indented) }
    guard plan.changes else { return try Output.line("nothing to change") }
    for line in plan.done { try Output.line(line) }
  }
}

/// What the daemon answers to a plan or a reload.
struct ReloadPlanAnswer {
  let data: JSONNode
  let changes: Bool
  private let users: [(user: String, server: String, action: String, details: String)]

  init(_ data: JSONNode) throws(CommandFault) {
    guard let changes = data["changes"]?.boolean, let users = data["users"]?.array else {
      throw APIFault.unexpectedResponse("a plan without changes and users")
    }
    self.data = data
    self.changes = changes
    self.users = users.map { entry in
      (
        entry["user"]?.string ?? "?", entry["server"]?.string ?? "?",
        entry["action"]?.string ?? "?",
        (entry["details"]?.array ?? []).compactMap(\.string).joined(separator: "; ")
      )
    }
  }

  func table(style: Style) -> Table {
    var table = Table(columns: [
      .init("USER"), .init("SERVER"), .init("ACTION", style: style.action), .init("DETAILS"),
    ])
    for entry in users { table.add([entry.user, entry.server, entry.action, entry.details]) }
    return table
  }

  /// What differs beside the users.
  var notes: [String] {
    lines("settings").map { "setting: \($0)" }
      + lines("needs_restart").map { "needs a restart of pointsd, reload is refused: \($0)" }
  }

  /// One line for each thing that was changed.
  var done: [String] {
    users.filter { $0.action != "nothing" }.map { entry in
      excerpt("\(entry.user): \(entry.action) (\(entry.details))", limit: 1000)
    } + lines("settings").map { "setting: \($0)" }
  }

  private func lines(_ key: String) -> [String] {
    (data[key]?.array ?? []).compactMap(\.string).map { excerpt($0, limit: 1000) }
  }
}
