import ArgumentParser
import JSONText
import Points

struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Print the points of users, of everybody by rank.",
    discussion: """
      Users and servers are printed in the order asked, groups and all by rank. With --json one user \
      or server gives one object, everything else an array.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(
    help: ArgumentHelp(
      "Users, servers, groups or all, in any case; nothing for everybody.", valueName: "profile"),
    completion: .profiles)
  var profiles: [String] = []

  func run() async throws {
    let client = try common.client()
    if profiles.count == 1, let answer = try await one(profiles[0], client) {
      let row = try answer.data()
      return try print([row], row.value, staleSeconds: answer["stale_seconds"]?.integer)
    }
    let answer = try await client.get("/api/users")
    guard let all = answer["data"]?.array else {
      throw APIFault.unexpectedResponse("no list of users")
    }
    let rows = try await chosen(from: all, client)
    try print(rows, .array(rows), staleSeconds: answer["stale_seconds"]?.integer)
  }

  /// The answer about one user; nil when the name is a group's.
  private func one(_ name: String, _ client: APIClient) async throws(CommandFault) -> JSONNode? {
    do {
      return try await client.get("/api/users/\(percentEncoded(name))")
    } catch {
      guard error.status == .refused else { throw error }
      // Throws for a name that nobody has, with those that are near.
      let targets = try Profiles(servers: await client.servers()).targets(of: [name])
      if case .server? = targets.first { throw error }
      return nil
    }
  }

  /// The rows of the profiles: of a group by rank, otherwise in the order asked.
  private func chosen(
    from rows: [JSONNode], _ client: APIClient
  ) async throws(CommandFault) -> [JSONNode] {
    guard !profiles.isEmpty else { return Self.ranked(rows) }
    let targets = try Profiles(servers: await client.servers()).targets(of: profiles)
    return targets.flatMap { target in
      let users: [String]
      switch target {
      case .server(let entry): users = [entry.user]
      case .group(_, let members): users = members.map(\.user)
      }
      return Self.ranked(rows.filter { users.contains($0["user"]?.string ?? "") })
    }
  }

  private static func ranked(_ rows: [JSONNode]) -> [JSONNode] {
    Ranking.sorted(rows, by: { $0["points"]?.integer }, then: { $0["user"]?.string ?? "" })
  }

  private func print(
    _ rows: [JSONNode], _ json: JSONValue, staleSeconds: Int64?
  ) throws(CommandFault) {
    guard common.json else {
      for row in rows { try Output.line(Self.line(row, staleSeconds: staleSeconds)) }
      return
    }
    try Output.line(json.indented())
    if let staleSeconds {
      Output.note("pointsctl: the database is away; the values are \(staleSeconds) s old")
    }
  }

  /// The words of the TCP protocol.
  static func line(_ row: JSONNode, staleSeconds: Int64?) throws(CommandFault) -> String {
    guard let user = row["user"]?.string, let points = row["points"]?.integer,
      let stamp = row["datetime_stamp"]?.string
    else { throw APIFault.unexpectedResponse("a user without user, points and datetime_stamp") }
    let line =
      "User: \(excerpt(user, limit: 200)) | Points: \(points) | Last Update: "
      + excerpt(stamp, limit: 40)
    return staleSeconds.map { line + " | Stale: \($0)s" } ?? line
  }
}
