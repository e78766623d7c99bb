import ArgumentParser
import JSONText

struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Print the points of users.",
    discussion: "With --json one name gives one object, several give an array.")

  @OptionGroup var common: CommonOptions

  @Argument(
    help: ArgumentHelp("Users or servers, in any case.", valueName: "name"),
    completion: .profiles)
  var names: [String]

  func run() async throws {
    let client = try common.client()
    var answers: [JSONNode] = []
    var data: [JSONNode] = []
    for name in names {
      let answer = try await ask(name, client)
      data.append(try answer.data())
      answers.append(answer)
    }
    if common.json {
      let written =
        data.count == 1 ? data[0].value : JSONValue.array(data)
      try Output.line(written.indented())
    } else {
      for (answer, row) in zip(answers, data) { try Output.line(Self.line(row, of: answer)) }
    }
    if common.json, let age = answers.compactMap({ $0["stale_seconds"]?.integer }).max() {
      Output.note("pointsctl: the database is away; the values are \(age) s old")
    }
  }

  /// The words of the TCP protocol.
  static func line(_ row: JSONNode, of answer: JSONNode) throws(CommandFault) -> String {
    guard let user = row["user"]?.string, let points = row["points"]?.integer,
      let stamp = row["datetime_stamp"]?.string
    else { throw APIFault.unexpectedResponse("a user without user, points and datetime_stamp") }
    let line =
      "User: \(excerpt(user, limit: 200)) | Points: \(points) | Last Update: "
      + excerpt(stamp, limit: 40)
    return answer["stale_seconds"]?.integer.map { line + " | Stale: \($0)s" } ?? line
  }

  /// - Throws: for a name nobody has a fault about all such names, with those that are near.
  private func ask(_ name: String, _ client: APIClient) async throws(CommandFault) -> JSONNode {
    let refusal: CommandFault
    do {
      return try await client.get("/api/users/\(percentEncoded(name))")
    } catch {
      guard error.status == .refused else { throw error }
      refusal = error
    }
    _ = try Profiles(servers: await client.servers()).targets(of: names)
    // The name is known, but as a group's, say: the daemon's word is the better one.
    throw refusal
  }
}
