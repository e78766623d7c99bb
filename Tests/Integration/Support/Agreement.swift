import Foundation
import Testing

extension Daemon {
  /// How each user stands by one of those who know it: `running`, `paused` or `stopped`.
  typealias Standing = [String: String]

  /// As the page shows it.
  func standingOnThePage() throws -> Standing {
    Self.standing(try control("/api/servers").json["data"])
  }

  /// As `pointsctl ps` shows it.
  func standingInPs() throws -> Standing {
    let output = try run(
      Self.binary("pointsctl").path, ["--socket", controlSocket, "--json", "ps"]
    ).output
    return Self.standing(try JSONSerialization.jsonObject(with: Data(output.utf8)))
  }

  private static func standing(_ servers: Any?) -> Standing {
    let servers = servers as? [[String: Any]] ?? []
    return Dictionary(
      servers.map { ($0["user"] as? String ?? "", $0["status"] as? String ?? "") },
      uniquingKeysWith: { $1 })
  }

  /// What the ledger says, by a query that gives user, `running`, `paused` and open runs.
  static let ledgerStanding = """
    SELECT CONCAT_WS('\\t', user, running, paused, \
    (SELECT COUNT(*) FROM runs WHERE runs.user = intents.user AND is_open = 1)) FROM intents
    """

  /// Waits until page, ps, ports and ledger say the same of every user of the configuration.
  /// - Parameter ledger: reads the lines of `ledgerStanding`.
  func agrees(
    _ ledger: () async throws -> [String], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    var seen: [Standing] = []
    try await eventually(
      "all say the same: \(seen)",
      {
        let page = try standingOnThePage()
        let kept = Self.standing(of: try await ledger()).filter { page[$0.key] != nil }
        seen = [page, try standingInPs(), kept]
        return Set(seen).count == 1
          && page.allSatisfy { listens($0.key) == ($0.value != "stopped") }
      }, sourceLocation: sourceLocation)
    // nil while the check cannot be made.
    var found: [String]?
    try await eventually(
      "it can be checked",
      {
        found = try differences()
        return found != nil
      }, sourceLocation: sourceLocation)
    #expect(found == [], sourceLocation: sourceLocation)
  }

  /// A run that is open although nobody earns, or the other way round, is no standing.
  private static func standing(of ledger: [String]) -> Standing {
    var standing: Standing = [:]
    for line in ledger {
      let columns = line.split(separator: "\t").map(String.init)
      let word = columns[1] == "0" ? "stopped" : columns[2] == "1" ? "paused" : "running"
      standing[columns[0]] = columns[3] == (word == "running" ? "1" : "0") ? word : line
    }
    return standing
  }

  private func listens(_ user: String) -> Bool { (try? TCPClient(port: port(of: user))) != nil }
}
