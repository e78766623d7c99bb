import Glibc
import TestSupport
import Testing

/// Commands as they are used, against an API that a script plays.
@Suite struct CommandTests {
  /// A daemon with five users that grants every wish.
  private func daemon(
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

  private func run(_ arguments: [String], _ folder: TestFolder) async throws
    -> RunningCommand.Outcome
  {
    try await RunningCommand.run(["--socket", folder.path + "/s"] + arguments)
  }

  @Test func loginPrintsALinkAndForWhom() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let link = try await run(["login"], folder)
    #expect(link.status == 0)
    // The link alone, for a browser's command line.
    #expect(link.output == "http://127.0.0.1:8080/login/00ff\n")
    #expect(link.errors.contains("alice (uid 1000)") && link.errors.contains("once"))
    let revoked = try await run(["login", "--revoke"], folder)
    #expect(revoked.status == 0 && revoked.output.contains("every browser's session has ended"))
    #expect(
      daemon.changes.map { $0.prefix { $0 != "{" } } == [
        "POST /api/login ", "POST /api/login/revoke ",
      ])
    try await daemon.stop()
  }

  @Test func planTellsWhatWouldChange() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let outcome = try await run(["plan"], folder)
    #expect(outcome.status == 2)
    #expect(
      outcome.output == """
        USER  SERVER     ACTION   DETAILS
        Afif  server1    restart  port 5001 → 5011
        Faiz  server_c2  nothing
        setting: log.level: info → debug

        """)
    #expect(outcome.errors == "")
    try await daemon.stop()
  }

  @Test func reloadTellsWhatChanged() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let outcome = try await run(["reload", "--reason", "new term"], folder)
    #expect(outcome.status == 0)
    #expect(
      outcome.output
        == "Afif: restart (port 5001 → 5011)\nsetting: log.level: info → debug\n")
    #expect(daemon.requests.map(\.line).last == #"POST /api/reload {"reason":"new term"}"#)
    try await daemon.stop()
  }

  @Test func listsServersPlainlyInAPipe() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let outcome = try await run(["ps"], folder)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines[3].hasSuffix("1200  port 5003 is in use"))
    #expect(!outcome.output.contains("\u{1B}"))
    try await daemon.stop()
  }

  @Test func listsServersInColourOnATerminal() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let terminal = try Terminal()
    let coloured = try await RunningCommand.run(
      ["ps", "--socket", folder.path + "/s"], environment: ["TERM=xterm"],
      standardOutput: terminal.descriptor)
    #expect(coloured.status == 0)
    #expect(try terminal.contents().contains("\u{1B}[32mrunning\u{1B}[0m"))
    _ = try await RunningCommand.run(
      ["ps", "--socket", folder.path + "/s"], environment: ["TERM=xterm", "NO_COLOR=1"],
      standardOutput: terminal.descriptor)
    let plain = try terminal.contents()
    #expect(plain.contains("running") && !plain.contains("\u{1B}"))
    try await daemon.stop()
  }

  @Test func printsTheDataAsJSON() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    for arguments in [["stats", "--json"], ["--json", "stats"]] {
      let outcome = try await run(arguments, folder)
      #expect(
        outcome.output == """
          {
            "total_points": 450,
            "avg_points": 90.0,
            "max_points": 120,
            "min_points": 70
          }

          """)
    }
    #expect(
      try await run(["ps", "--json"], folder).output.hasPrefix("[\n  {\n    \"name\": \"server1\""))
    try await daemon.stop()
  }

  @Test func getsPointsInTheWordsOfTheProtocol() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    #expect(
      try await run(["get", "afif"], folder).output
        == "User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00\n")
    let outcome = try await run(["get", "server_c2", "afif"], folder)
    #expect(
      outcome.output == """
        User: Faiz | Points: 7 | Last Update: 2026-01-12 14:29:30 | Stale: 12s
        User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00 | Stale: 12s

        """)
    #expect(
      try await run(["get", "afif", "--json"], folder).output.hasPrefix("{\n  \"user\": \"Afif\""))
    let several = try await run(["get", "afif", "Faiz", "--json"], folder)
    #expect(several.output.hasPrefix("[\n  {\n    \"user\": \"Afif\""))
    #expect(several.errors == "pointsctl: the database is away; the values are 12 s old\n")
    // Groups and everybody, by rank.
    for arguments in [[], ["all"]] {
      let names = try await run(["get"] + arguments, folder).output.split(separator: "\n")
        .map { $0.split(separator: " ")[1] }
      #expect(names == ["Afif", "Hairiel", "Faiz"])
    }
    let group = try await run(["get", "c"], folder).output
    #expect(group.contains("Hairiel") && group.contains("Faiz") && !group.contains("Afif"))
    #expect(daemon.requests.allSatisfy { $0.host == "localhost" })
    try await daemon.stop()
  }

  @Test func listsClientsOfAProfile() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    #expect(
      try await run(["connections"], folder).output == """
        USER  SERVER     CLIENT           SINCE                REQUESTS  LAST REQUEST  AT
        Afif  server1    127.0.0.1:40000  2026-01-12 14:00:00         2  get_data      2026-01-12 14:30:00
        Faiz  server_c2  [::1]:40001      2026-01-12 14:10:00         0

        """)
    #expect(try await !run(["connections", "c"], folder).output.contains("Afif"))
    try await daemon.stop()
  }

  @Test func listsThoseAskedForAndChecksThem() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let group = try await run(["ps", "c", "--check"], folder)
    #expect(group.status == 0 && group.output.split(separator: "\n").count == 3)
    let all = try await run(["ps", "--check"], folder)
    #expect(all.status == 1 && all.output.contains("backing off"))
    #expect(try await run(["ps", "pyton"], folder).status == 65)
    let json = try await run(["ps", "afif", "--json"], folder).output
    #expect(json.contains("Afif") && !json.contains("Faiz"))
    try await daemon.stop()
  }

  @Test func printsStatistics() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    #expect(
      try await run(["stats"], folder).output == """
        total     450
        average  90.0
        maximum   120
        minimum    70

        """)
    try await daemon.stop()
  }

  @Test func verifies() async throws {
    let folder = try TestFolder()
    var daemon = try await daemon(folder)
    var outcome = try await run(["verify"], folder)
    #expect(outcome.status == 0)
    #expect(outcome.output == "5 users checked, no difference\n")
    try await daemon.stop()

    let broken = #"""
      {"users":5,"differences":[{"user":"Afif","kind":"points","message":"points is 130, runs and adjustments make 120"}],"notices":["the row of Faiz was made anew"]}
      """#
    daemon = try await self.daemon(folder, verification: broken)
    outcome = try await run(["verify"], folder)
    #expect(outcome.status == 1)
    #expect(outcome.errors == "")
    #expect(
      outcome.output == """
        Afif: points is 130, runs and adjustments make 120
        note: the row of Faiz was made anew
        5 users checked, 1 difference

        """)
    #expect(try await run(["verify", "--json"], folder).status == 1)
    try await daemon.stop()
  }

  @Test func changesOneUserOrAGroup() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    #expect(
      try await run(["pause", "AFIF", "--reason", "lunch \"break\""], folder).output
        == "Afif: paused\n")
    #expect(try await run(["reset", "server1"], folder).output == "Afif: Points reset to 0\n")
    #expect(
      try await run(["adjust", "afif", "-5", "--reason", "typing error"], folder).output
        == "User: Afif | Points: 115 | Last Update: 2026-01-12 14:30:00\n")
    #expect(try await run(["stop", "c"], folder).output == "Hairiel: stopped\nFaiz: stopped\n")
    #expect(
      daemon.changes == [
        #"POST /api/users/Afif/pause {"reason":"lunch \"break\""}"#,
        "POST /api/users/Afif/reset {}",
        #"POST /api/users/Afif/adjust {"delta":-5,"reason":"typing error"}"#,
        "POST /api/groups/c/stop {}",
      ])
    let json = try await run(["pause", "afif", "--json"], folder)
    #expect(
      json.output == "[\n  {\n    \"username\": \"Afif\",\n    \"status\": \"paused\"\n  }\n]\n")
    try await daemon.stop()
  }

  @Test func complainsOfAServerThatDoesNotStart() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let outcome = try await run(["start", "irfan"], folder)
    #expect(outcome.status == 1)
    #expect(outcome.output == "Irfan: backing off (port 5003 is in use)\n")
    #expect(outcome.errors == "pointsctl: not running: Irfan; pointsctl ps says why\n")
    try await daemon.stop()
  }

  /// What was done before a fault is printed; what comes after it is not asked.
  @Test func stopsAtTheFirstFault() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let outcome = try await run(["pause", "afif", "faiz", "hairiel"], folder)
    #expect(outcome.status == 65)
    #expect(outcome.output == "Afif: paused\n")
    #expect(outcome.errors == "pointsctl: Faiz: Not found\npointsctl: left alone: Hairiel\n")
    #expect(
      daemon.changes == ["POST /api/users/Afif/pause {}", "POST /api/users/Faiz/pause {}"])
    try await daemon.stop()
  }

  @Test func findsTheSocket() async throws {
    let folder = try TestFolder()
    try folder.makeFolder("var")
    try folder.makeFolder("below")
    let daemon = try await ScriptedDaemon(socket: folder.path + "/var/control.sock") { _ in
      .data("[]")
    }
    // An installed daemon's socket would come first, and is not to be disturbed by a test.
    if access("/run/pointsd/control.sock", F_OK) != 0 {
      let found = try await RunningCommand.run(["ps"], folder: folder.path + "/below")
      #expect(found.status == 0)
    }
    let given = try await RunningCommand.run(
      ["ps"], environment: ["POINTSD_SOCKET=\(folder.path)/var/control.sock"])
    #expect(given.status == 0)
    #expect(
      given.output
        == "NAME  USER  ADDRESS  PORT  POINTS  STATUS  WANTED  SINCE  CONNECTIONS  REQUESTS  REASON\n"
    )
    try await daemon.stop()
  }

  @Test func sendsTheTokenOverTCP() async throws {
    let folder = try TestFolder()
    let token = try folder.write("token", "s3cret\n".utf8)
    let daemon = try await ScriptedDaemon { _ in .data("[]") }
    let outcome = try await RunningCommand.run(
      ["ps", "--url", "http://127.0.0.1:\(daemon.port)/", "--token-file", token])
    #expect(outcome.status == 0)
    // The servers, and other daemons on the same ledger.
    #expect(daemon.requests.map(\.authorization) == ["Bearer s3cret", "Bearer s3cret"])
    #expect(Set(daemon.requests.map(\.host)) == ["127.0.0.1:\(daemon.port)"])
    try await daemon.stop()
  }

  /// `pointsctl ps | head -0` ends quietly.
  @Test func endsQuietlyWhenNobodyReads() async throws {
    let folder = try TestFolder()
    let daemon = try await daemon(folder)
    let ends = try PipeEnds()
    close(ends.reading)
    let outcome = try await RunningCommand.run(
      ["ps", "--socket", folder.path + "/s"], standardOutput: ends.writing)
    close(ends.writing)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    try await daemon.stop()
  }
}

/// A pseudo-terminal to write to.
private final class Terminal {
  private let controller: Int32
  let descriptor: Int32

  init() throws {
    controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var number: UInt32 = 0
    var locked: Int32 = 0
    guard controller >= 0, ioctl(controller, Self.lock, &locked) == 0,
      ioctl(controller, Self.getNumber, &number) == 0
    else { throw RunningCommand.Failure(what: "pseudo-terminal: \(errno)") }
    descriptor = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw RunningCommand.Failure(what: "terminal: \(errno)") }
  }

  /// TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h, which Swift cannot import: they are built
  /// by macros with arguments.
  private static let lock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  /// What was written since the last call.
  func contents() throws -> String {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    var waiting = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    while poll(&waiting, 1, 0) == 1 {
      let count = read(controller, &chunk, chunk.count)
      guard count > 0 else { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self)
  }

  deinit {
    close(controller)
    close(descriptor)
  }
}
