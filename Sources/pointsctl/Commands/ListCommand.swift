import ArgumentParser
import JSONText
import Points

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "List the servers, how they are, and the points.",
    discussion: """
      On a terminal a line has what there is room for, and moments are in the time of this machine; \
      in a pipe it has everything, in UTC.
      """)

  @OptionGroup var common: CommonOptions

  @Flag(help: "End with status 1 when a server that was to run does not.")
  var check = false

  @Argument(
    help: ArgumentHelp(
      "Users, servers, groups or all, in any case; nothing for everybody.", valueName: "profile"),
    completion: .profiles)
  var profiles: [String] = []

  func run() async throws {
    let client = try common.client()
    let listing = try await ServerListing.read(client, of: profiles)
    if common.json {
      try Output.line(listing.json.indented())
    } else {
      for line in listing.lines(within: Screen.size?.columns) { try Output.line(line) }
      for line in try await Self.lostInstances(client) { Output.note(line) }
    }
    if let notice = listing.notice { Output.note(notice) }
    if check, !listing.servers.allSatisfy(\.isAsWanted) { throw CommandFault(.difference, "") }
  }

  /// One line for each other daemon that was not seen for long. Readers without the right get none.
  private static func lostInstances(_ client: APIClient) async throws -> [String] {
    do throws(CommandFault) {
      return lostInstances(try await client.get("/api/instances").data())
    } catch  where [.permission, .refused].contains(error.status) {
      return []
    }
  }

  static func lostInstances(_ data: JSONNode) -> [String] {
    (data.array ?? []).filter { $0["lost"]?.boolean == true }.map { instance in
      let name = excerpt(instance["name"]?.string ?? "?", limit: 300)
      let users = (instance["users"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
      return
        "the instance \(name) was not seen since \(instance["seen"]?.string ?? "?") UTC; its users"
        + " (\(excerpt(users, limit: 200))) earn on while their runs are open: start it, or"
        + " pointsctl forget '\(name)'"
    }
  }
}

/// Servers as `ps` and `top` show them.
struct ServerListing {
  let servers: [ServerEntry]
  /// As the API has them.
  let json: JSONValue
  /// The age of the points while the database does not answer.
  let staleSeconds: Int64?

  static func read(
    _ client: APIClient, of profiles: [String]
  ) async throws(CommandFault) -> ServerListing {
    let answer = try await client.get("/api/servers")
    let data = try answer.data()
    let all = try ServerEntry.list(data)
    let shown = try profiles.isEmpty ? all : Profiles(servers: all).servers(of: profiles)
    let users = Set(shown.map(\.user))
    let nodes = (data.array ?? []).filter { users.contains($0["user"]?.string ?? "") }
    return ServerListing(
      servers: shown, json: .array(nodes), staleSeconds: answer["stale_seconds"]?.integer)
  }

  /// What stands beside the list.
  var notice: String? {
    if let staleSeconds {
      return "pointsctl: the database is away; the points are \(staleSeconds) s old"
    }
    guard !servers.isEmpty, servers.allSatisfy({ $0.points == nil }) else { return nil }
    return "pointsctl: the database is away, and no points are known yet"
  }

  func lines(
    within width: Int?, style: Style = .ofOutput, moment: Moment = .ofOutput
  ) -> [String] {
    table(style: style, moment: moment).lines(within: width, heading: style.heading)
  }

  /// One row a server.
  func table(style: Style, moment: Moment) -> Table {
    var table = Table(columns: [
      .init("NAME", yields: .leaves(6)), .init("USER", yields: .shrinks(8, to: 12)),
      .init("ADDRESS", yields: .leaves(1)), .init("PORT", .right, yields: .leaves(9)),
      .init("POINTS", .right), .init("STATUS", style: style.state),
      .init("WANTED", yields: .leaves(5), style: style.state),
      .init(moment.heading("SINCE"), yields: .leaves(4)),
      .init("CONNECTIONS", .right, yields: .leaves(3)),
      .init("REQUESTS", .right, yields: .leaves(2)),
      .init("REASON", yields: .shrinks(4, to: 30), .leaves(7)),
    ])
    for server in servers {
      table.add([
        server.name, server.user, server.address ?? "", "\(server.port)",
        server.points.map { "\($0)" } ?? "?", server.status, server.wanted,
        moment.text(server.since), "\(server.connections)", "\(server.requests)",
        server.reason ?? "",
      ])
    }
    return table
  }
}
