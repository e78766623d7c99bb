import TestSupport

/// The daemon that commands are tried on, and how they are run against it.
enum ExampleDaemon {
  /// A daemon with five users that grants every wish.
  static func daemon(
    _ folder: TestFolder, servers: String = Entries.five,
    verification: String = #"{"users":5,"differences":[],"notices":[]}"#
  ) async throws -> ScriptedDaemon {
    try await ScriptedDaemon(socket: folder.path + "/s") { request in
      switch (request.method, request.path) {
      case ("GET", "/api/servers"): return .data(servers)
      case ("GET", "/api/verify"): return .data(verification)
      case ("GET", "/api/stats"):
        return .data(
          #"{"total_points":450,"avg_points":90.0,"max_points":120,"min_points":70}"#)
      case ("GET", "/api/users/afif"):
        return .data(#"{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00"}"#)
      case ("GET", "/api/users"):
        return ScriptedDaemon.Answer(
          body: #"{"success":true,"data":[{"user":"Afif","points":120,"datetime_stamp":"#
            + #""2026-01-12 14:30:00"},{"user":"Faiz","points":7,"datetime_stamp":"#
            + #""2026-01-12 14:29:30"},{"user":"Hairiel","points":80,"datetime_stamp":"#
            + #""2026-01-12 14:29:30"}],"stale_seconds":12}"#)
      case ("GET", "/api/connections"):
        return .data(
          #"[{"user":"Afif","server":"server1","peer":"127.0.0.1:40000","since":"#
            + #""2026-01-12 14:00:00","requests":2,"last_request":"get_data","#
            + #""last_request_at":"2026-01-12 14:30:00"},{"user":"Faiz","server":"server_c2","#
            + #""peer":"[::1]:40001","since":"2026-01-12 14:10:00","requests":0,"#
            + #""last_request":null,"last_request_at":null}]"#)
      case ("GET", "/api/plan"), ("POST", "/api/reload"):
        return .data(
          #"{"changes":true,"users":[{"user":"Afif","server":"server1","action":"restart","#
            + #""details":["port 5001 → 5011"]},{"user":"Faiz","server":"server_c2","#
            + #""action":"nothing","details":[]}],"settings":["log.level: info → debug"],"#
            + #""needs_restart":[]}"#)
      case ("POST", "/api/login"):
        return .data(
          #"{"url":"http://127.0.0.1:8080/login/00ff","path":"/login/00ff","#
            + #""account":"alice (uid 1000)","seconds":600}"#)
      case ("POST", "/api/login/revoke"): return .data(#"{"status":"revoked"}"#)
      case ("POST", "/api/users/Afif/pause"):
        return ScriptedDaemon.Answer(
          body: #"{"success":true,"username":"Afif","status":"paused"}"#)
      case ("POST", "/api/users/Afif/reset"):
        return ScriptedDaemon.Answer(
          body: #"{"success":true,"username":"Afif","message":"Points reset to 0"}"#)
      case ("POST", "/api/users/Afif/adjust"):
        return .data(#"{"user":"Afif","points":115,"datetime_stamp":"2026-01-12 14:30:00"}"#)
      case ("POST", "/api/servers/server3/start"):
        return .data(
          "["
            + Entries.json(
              name: "server3", user: "Irfan", port: 5003, status: "backing off",
              reason: "port 5003 is in use") + "]")
      case ("POST", "/api/groups/c/stop"):
        return .data(
          "["
            + Entries.json(
              name: "server_c1", user: "Hairiel", port: 6001, status: "stopped", wanted: "stopped")
            + ","
            + Entries.json(
              name: "server_c2", user: "Faiz", port: 6002, status: "stopped", wanted: "stopped")
            + "]")
      default: return .failure(404, "Not found")
      }
    }
  }

  static func run(_ arguments: [String], _ folder: TestFolder) async throws
    -> RunningCommand.Outcome
  {
    try await RunningCommand.run(["--socket", folder.path + "/s"] + arguments)
  }
}
