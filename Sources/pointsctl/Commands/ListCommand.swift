import ArgumentParser
import JSONText

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "List the servers and how they are.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let client = try common.client()
    let data = try await client.get("/api/servers").data()
    if common.json { return try Output.line(data.indented) }
    let style = Style.ofOutput
    for line in Self.table(try ServerEntry.list(data), style: style).lines(heading: style.heading) {
      try Output.line(line)
    }
    for line in try await Self.lostInstances(client) { Output.note(line) }
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

  /// One row a server.
  static func table(_ servers: [ServerEntry], style: Style) -> Table {
    var table = Table(columns: [
      .init("NAME"), .init("USER"), .init("PORT", .right), .init("STATUS", style: style.state),
      .init("WANTED", style: style.state), .init("SINCE"), .init("CONNECTIONS", .right),
      .init("REQUESTS", .right), .init("REASON"),
    ])
    for server in servers {
      table.add([
        server.name, server.user, "\(server.port)", server.status, server.wanted, server.since,
        "\(server.connections)", "\(server.requests)", server.reason ?? "",
      ])
    }
    return table
  }
}
