import Glibc
import TestSupport
import Testing

/// Commands as they are used, against an API that a script plays.
@Suite struct CommandTests {
  @Test func loginPrintsALinkAndForWhom() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    let link = try await ExampleDaemon.run(["login"], folder)
    #expect(link.status == 0)
    // The link alone, for a browser's command line.
    #expect(link.output == "http://127.0.0.1:8080/login/00ff\n")
    #expect(link.errors.contains("alice (uid 1000)") && link.errors.contains("once"))
    let revoked = try await ExampleDaemon.run(["login", "--revoke"], folder)
    #expect(revoked.status == 0 && revoked.output.contains("every browser's session has ended"))
    #expect(
      daemon.changes.map { $0.prefix { $0 != "{" } } == [
        "POST /api/login ", "POST /api/login/revoke ",
      ])
    try await daemon.stop()
  }

  @Test func planTellsWhatWouldChange() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    let outcome = try await ExampleDaemon.run(["plan"], folder)
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
    let daemon = try await ExampleDaemon.daemon(folder)
    let outcome = try await ExampleDaemon.run(["reload", "--reason", "new term"], folder)
    #expect(outcome.status == 0)
    #expect(
      outcome.output
        == "Afif: restart (port 5001 → 5011)\nsetting: log.level: info → debug\n")
    #expect(daemon.requests.map(\.line).last == #"POST /api/reload {"reason":"new term"}"#)
    try await daemon.stop()
  }

  @Test func changesOneUserOrAGroup() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    #expect(
      try await ExampleDaemon.run(["pause", "AFIF", "--reason", "lunch \"break\""], folder).output
        == "Afif: paused\n")
    #expect(
      try await ExampleDaemon.run(["reset", "server1"], folder).output
        == "Afif: Points reset to 0\n")
    #expect(
      try await ExampleDaemon.run(["adjust", "afif", "-5", "--reason", "typing error"], folder)
        .output
        == "User: Afif | Points: 115 | Last Update: 2026-01-12 14:30:00\n")
    #expect(
      try await ExampleDaemon.run(["stop", "c"], folder).output
        == "Hairiel: stopped\nFaiz: stopped\n")
    #expect(
      daemon.changes == [
        #"POST /api/users/Afif/pause {"reason":"lunch \"break\""}"#,
        "POST /api/users/Afif/reset {}",
        #"POST /api/users/Afif/adjust {"delta":-5,"reason":"typing error"}"#,
        "POST /api/groups/c/stop {}",
      ])
    let json = try await ExampleDaemon.run(["pause", "afif", "--json"], folder)
    #expect(
      json.output == "[\n  {\n    \"username\": \"Afif\",\n    \"status\": \"paused\"\n  }\n]\n")
    try await daemon.stop()
  }

  @Test func complainsOfAServerThatDoesNotStart() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    let outcome = try await ExampleDaemon.run(["start", "irfan"], folder)
    #expect(outcome.status == 1)
    #expect(outcome.output == "Irfan: backing off (port 5003 is in use)\n")
    #expect(outcome.errors == "pointsctl: not running: Irfan; pointsctl ps says why\n")
    try await daemon.stop()
  }

  /// What was done before a fault is printed; what comes after it is not asked.
  @Test func stopsAtTheFirstFault() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    let outcome = try await ExampleDaemon.run(["pause", "afif", "faiz", "hairiel"], folder)
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
    let daemon = try await ExampleDaemon.daemon(folder)
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
