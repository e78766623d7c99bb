import ArgumentParser
import JSONText

struct ConnectionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connections",
    abstract: "List the TCP clients that are connected, and what each asked last.")

  @OptionGroup var common: CommonOptions

  @Argument(
    help: ArgumentHelp(
      "Of these users, servers or groups, in any case; nothing for everybody's.",
      valueName: "profile"),
    completion: .profiles)
  var profiles: [String] = []

  func run() async throws {
    let client = try common.client()
    let data = try await client.get("/api/connections").data()
    guard var nodes = data.array else { throw APIFault.unexpectedResponse("no list of clients") }
    if !profiles.isEmpty {
      let servers = try Profiles(servers: await client.servers()).servers(of: profiles)
      let users = Set(servers.map(\.user))
      nodes.removeAll { !users.contains($0["user"]?.string ?? "") }
    }
    if common.json { return try Output.line(JSONValue.array(nodes).indented()) }
    let style = Style.ofOutput
    let lines = Self.table(nodes, moment: .ofOutput)
      .lines(within: Screen.size?.columns, heading: style.heading)
    for line in lines { try Output.line(line) }
  }

  /// One row a client.
  static func table(_ clients: [JSONNode], moment: Moment) -> Table {
    var table = Table(columns: [
      .init("USER", yields: .shrinks(5, to: 12)), .init("SERVER", yields: .leaves(1)),
      .init("CLIENT"), .init(moment.heading("SINCE"), yields: .leaves(3)),
      .init("REQUESTS", .right, yields: .leaves(4)), .init("LAST REQUEST"),
      .init(moment.heading("AT"), yields: .leaves(2)),
    ])
    for client in clients {
      func text(_ key: String) -> String { client[key]?.string ?? "" }
      table.add([
        text("user"), text("server"), text("peer"), moment.text(text("since")),
        client["requests"]?.integer.map { "\($0)" } ?? "", text("last_request"),
        moment.text(text("last_request_at")),
      ])
    }
    return table
  }
}
