import JSONText
import Points

/// One entry of `GET /api/servers`, as far as the commands need it.
struct ServerEntry: Equatable {
  let name: String
  let user: String
  /// nil from a daemon before 2.1.
  let address: String?
  let port: Int64
  let groups: [String]
  /// nil while nobody knows them.
  let points: Int64?
  let status: String
  let wanted: String
  let reason: String?
  let since: String
  let connections: Int64
  let requests: Int64

  init(_ node: JSONNode) throws(CommandFault) {
    func missing(_ key: String) -> CommandFault {
      APIFault.unexpectedResponse("a server without \(key)")
    }
    func text(_ key: String) throws(CommandFault) -> String {
      guard let text = node[key]?.string else { throw missing(key) }
      return text
    }
    func number(_ key: String) throws(CommandFault) -> Int64 {
      guard let number = node[key]?.integer else { throw missing(key) }
      return number
    }
    name = try text("name")
    user = try text("user")
    address = node["address"]?.string
    port = try number("port")
    points = node["points"]?.integer
    groups = (node["groups"]?.array ?? []).compactMap(\.string)
    status = try text("status")
    wanted = try text("wanted")
    reason = node["reason"]?.string
    since = try text("since")
    connections = try number("connections")
    requests = try number("requests")
  }

  /// Whether it is what was asked of it.
  var isAsWanted: Bool { status == wanted }

  /// The entries of an array, or the one entry that stands alone.
  static func list(_ data: JSONNode) throws(CommandFault) -> [ServerEntry] {
    var entries: [ServerEntry] = []
    for node in data.array ?? [data] { entries.append(try ServerEntry(node)) }
    return entries
  }
}

extension APIClient {
  func servers() async throws(CommandFault) -> [ServerEntry] {
    try ServerEntry.list(try await get("/api/servers").data())
  }
}
