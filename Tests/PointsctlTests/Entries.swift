import JSONText
import Testing

@testable import pointsctl

/// Servers as the API describes them.
enum Entries {
  static func json(
    name: String, user: String, port: Int, groups: [String] = [], status: String = "running",
    wanted: String = "running", reason: String? = nil
  ) -> String {
    #"{"name":\#(jsonString(name)),"user":\#(jsonString(user)),"address":"127.0.0.1","#
      + #""port":\#(port),"points":120,"groups":["#
      + groups.map(jsonString).joined(separator: ",")
      + #"],"status":"\#(status)","wanted":"\#(wanted)","reason":"#
      + (reason.map(jsonString) ?? "null")
      + #","since":"2026-01-12 14:30:00","connections":3,"requests":1200,"last_error":null}"#
  }

  static let five =
    "["
    + [
      json(name: "server1", user: "Afif", port: 5001, groups: ["python"]),
      json(
        name: "server2", user: "Syahmi", port: 5002, groups: ["python"], status: "paused",
        wanted: "paused", reason: "lunch"),
      json(
        name: "server3", user: "Irfan", port: 5003, groups: ["python"], status: "backing off",
        reason: "port 5003 is in use"),
      json(
        name: "server_c1", user: "Hairiel", port: 6001, groups: ["c"], status: "stopped",
        wanted: "stopped"),
      json(name: "server_c2", user: "Faiz", port: 6002, groups: ["c"]),
    ].joined(separator: ",") + "]"

  static func parsed(_ text: String = five) throws -> [ServerEntry] {
    try ServerEntry.list(JSONParser.parse(Array(text.utf8)))
  }
}
