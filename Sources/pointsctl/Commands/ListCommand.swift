import ArgumentParser
import JSONText

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "List the servers and how they are.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let data = try await common.client().get("/api/servers").data()
    if common.json { return try Output.line(data.indented) }
    let style = Style.ofOutput
    for line in Self.table(try ServerEntry.list(data), style: style).lines(heading: style.heading) {
      try Output.line(line)
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
