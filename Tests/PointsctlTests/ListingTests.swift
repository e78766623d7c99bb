import TestSupport
import Testing

/// What commands print that only ask.
@Suite struct ListingTests {
  @Test func listsServersPlainlyInAPipe() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    let outcome = try await ExampleDaemon.run(["ps"], folder)
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
    let daemon = try await ExampleDaemon.daemon(folder)
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
    let daemon = try await ExampleDaemon.daemon(folder)
    for arguments in [["stats", "--json"], ["--json", "stats"]] {
      let outcome = try await ExampleDaemon.run(arguments, folder)
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
      try await ExampleDaemon.run(["ps", "--json"], folder).output.hasPrefix(
        "[\n  {\n    \"name\": \"server1\""))
    try await daemon.stop()
  }

  @Test func getsPointsInTheWordsOfTheProtocol() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    #expect(
      try await ExampleDaemon.run(["get", "afif"], folder).output
        == "User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00\n")
    let outcome = try await ExampleDaemon.run(["get", "server_c2", "afif"], folder)
    #expect(
      outcome.output == """
        User: Faiz | Points: 7 | Last Update: 2026-01-12 14:29:30 | Stale: 12s
        User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00 | Stale: 12s

        """)
    #expect(
      try await ExampleDaemon.run(["get", "afif", "--json"], folder).output.hasPrefix(
        "{\n  \"user\": \"Afif\""))
    let several = try await ExampleDaemon.run(["get", "afif", "Faiz", "--json"], folder)
    #expect(several.output.hasPrefix("[\n  {\n    \"user\": \"Afif\""))
    #expect(several.errors == "pointsctl: the database is away; the values are 12 s old\n")
    // Groups and everybody, by rank.
    for arguments in [[], ["all"]] {
      let names = try await ExampleDaemon.run(["get"] + arguments, folder).output.split(
        separator: "\n"
      )
      .map { $0.split(separator: " ")[1] }
      #expect(names == ["Afif", "Hairiel", "Faiz"])
    }
    let group = try await ExampleDaemon.run(["get", "c"], folder).output
    #expect(group.contains("Hairiel") && group.contains("Faiz") && !group.contains("Afif"))
    #expect(daemon.requests.allSatisfy { $0.host == "localhost" })
    try await daemon.stop()
  }

  @Test func listsClientsOfAProfile() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    #expect(
      try await ExampleDaemon.run(["connections"], folder).output == """
        USER  SERVER     CLIENT           SINCE                REQUESTS  LAST REQUEST  AT
        Afif  server1    127.0.0.1:40000  2026-01-12 14:00:00         2  get_data      2026-01-12 14:30:00
        Faiz  server_c2  [::1]:40001      2026-01-12 14:10:00         0

        """)
    #expect(try await !ExampleDaemon.run(["connections", "c"], folder).output.contains("Afif"))
    try await daemon.stop()
  }

  @Test func listsThoseAskedForAndChecksThem() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    let group = try await ExampleDaemon.run(["ps", "c", "--check"], folder)
    #expect(group.status == 0 && group.output.split(separator: "\n").count == 3)
    let all = try await ExampleDaemon.run(["ps", "--check"], folder)
    #expect(all.status == 1 && all.output.contains("backing off"))
    #expect(try await ExampleDaemon.run(["ps", "pyton"], folder).status == 65)
    let json = try await ExampleDaemon.run(["ps", "afif", "--json"], folder).output
    #expect(json.contains("Afif") && !json.contains("Faiz"))
    try await daemon.stop()
  }

  @Test func printsStatistics() async throws {
    let folder = try TestFolder()
    let daemon = try await ExampleDaemon.daemon(folder)
    #expect(
      try await ExampleDaemon.run(["stats"], folder).output == """
        total     450
        average  90.0
        maximum   120
        minimum    70

        """)
    try await daemon.stop()
  }

  @Test func verifies() async throws {
    let folder = try TestFolder()
    var daemon = try await ExampleDaemon.daemon(folder)
    var outcome = try await ExampleDaemon.run(["verify"], folder)
    #expect(outcome.status == 0)
    #expect(outcome.output == "5 users checked, no difference\n")
    try await daemon.stop()

    let broken = #"""
      {"users":5,"differences":[{"user":"Afif","kind":"points","message":"points is 130, runs and adjustments make 120"}],"notices":["the row of Faiz was made anew"]}
      """#
    daemon = try await ExampleDaemon.daemon(folder, verification: broken)
    outcome = try await ExampleDaemon.run(["verify"], folder)
    #expect(outcome.status == 1)
    #expect(outcome.errors == "")
    #expect(
      outcome.output == """
        Afif: points is 130, runs and adjustments make 120
        note: the row of Faiz was made anew
        5 users checked, 1 difference

        """)
    #expect(try await ExampleDaemon.run(["verify", "--json"], folder).status == 1)
    try await daemon.stop()
  }
}
