import Glibc
import TestSupport
import Testing

/// The original's client against users' servers that a script plays.
@Suite struct WatchTests {
  private let line = "User: Afif | Points: 120 | Last Update: 2026-01-12 14:30:00"

  private func daemon(_ folder: TestFolder, port: Int) async throws -> ScriptedDaemon {
    let entry = Entries.json(name: "server1", user: "Afif", port: port)
    return try await ScriptedDaemon(socket: folder.path + "/s") { _ in .data("[\(entry)]") }
  }

  private func watch(_ folder: TestFolder, _ more: [String] = []) throws -> RunningCommand {
    try RunningCommand(
      ["watch", "afif", "--every", "0.1", "--socket", folder.path + "/s"] + more)
  }

  /// A line without the date and time before it.
  private func text(_ line: String?) -> String? {
    line.map { String($0.dropFirst("2026-01-12 14:30:00 ".count)) }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func asksAgainAndAgainUntilASignal(_ signal: Int32) async throws {
    let folder = try TestFolder()
    let server = try await ScriptedServer { [line] request, _, number in
      request == "get_data" ? .say("\(line) #\(number)\n") : .close
    }
    let daemon = try await daemon(folder, port: server.port)
    let command = try watch(folder)
    for number in 1...3 {
      #expect(try await text(command.nextLine()) == "\(line) #\(number)")
    }
    command.send(signal)
    let outcome = try await command.outcome()
    #expect(outcome.status == 0)
    #expect(
      outcome.errors.split(separator: "\n").map { text(String($0)) } == [
        "Afif: connected to 127.0.0.1:\(server.port)"
      ])
    try await server.stop()
    try await daemon.stop()
  }

  @Test func connectsAgainAndSaysWhatHappened() async throws {
    let folder = try TestFolder()
    let server = try await ScriptedServer { [line] _, connection, number in
      connection < 3 && number > 1 ? .close : .say("\(line) #\(connection).\(number)\n")
    }
    let daemon = try await daemon(folder, port: server.port)
    let command = try watch(folder)
    for number in ["1.1", "2.1", "3.1", "3.2"] {
      #expect(try await text(command.nextLine()) == "\(line) #\(number)")
    }
    let connected = "Afif: connected to 127.0.0.1:\(server.port)"
    for _ in 1...2 {
      #expect(try await text(command.nextMessage()) == connected)
      let message = try #require(try await text(command.nextMessage()))
      #expect(
        message.wholeMatch(
          of: /Afif: the server closed the connection; trying again in [0-9.]+ s/) != nil,
        "\(message)")
    }
    #expect(try await text(command.nextMessage()) == connected)
    command.send(SIGTERM)
    #expect(try await command.outcome().status == 0)
    try await server.stop()
    try await daemon.stop()
  }

  /// Silence and answers without end are no answers.
  @Test(arguments: [
    (ScriptedServer.Step.keepSilent, "no answer within 5.0 s"),
    (.say(String(repeating: "x", count: 5000)), "the answer is too long; no pointsd listens there"),
    (.sayAndClose("Too many connections\n"), "the server closed the connection"),
  ])
  func complains(_ step: ScriptedServer.Step, _ complaint: String) async throws {
    let folder = try TestFolder()
    let server = try await ScriptedServer { _, _, _ in step }
    let daemon = try await daemon(folder, port: server.port)
    let command = try watch(folder)
    #expect(try await text(command.nextMessage()) == "Afif: connected to 127.0.0.1:\(server.port)")
    let message = try #require(try await text(command.nextMessage()))
    #expect(message.hasPrefix("Afif: \(complaint); trying again in 0."))
    command.send(SIGINT)
    #expect(try await command.outcome().status == 0)
    try await server.stop()
    try await daemon.stop()
  }

  /// The daemon and the server go away and come back, the server on another port.
  @Test func outlivesTheDaemon() async throws {
    let folder = try TestFolder()
    var server = try await ScriptedServer { [line] _, _, number in
      number == 1 ? .say(line + "\n") : .close
    }
    var daemon = try await daemon(folder, port: server.port)
    let command = try watch(folder)
    #expect(try await text(command.nextLine()) == line)
    let old = server.port
    try await server.stop()
    try await daemon.stop()
    #expect(try await text(command.nextMessage()) == "Afif: connected to 127.0.0.1:\(old)")
    while let message = try await text(command.nextMessage()) {
      if message.contains("cannot reach pointsd at") { break }
    }
    server = try await ScriptedServer { [line] _, _, _ in .say(line + " again\n") }
    daemon = try await self.daemon(folder, port: server.port)
    #expect(try await text(command.nextLine()) == line + " again")
    command.send(SIGTERM)
    #expect(try await command.outcome().status == 0)
    try await server.stop()
    try await daemon.stop()
  }

  @Test func severalUsersAsJSON() async throws {
    let folder = try TestFolder()
    let first = try await ScriptedServer { request, _, _ in .say("{\"asked\":\"\(request) a\"}\n") }
    let second = try await ScriptedServer { request, _, _ in .say("{\"asked\":\"\(request) b\"}\n")
    }
    let entries = [
      Entries.json(name: "s1", user: "A", port: first.port, groups: ["g"]),
      Entries.json(name: "s2", user: "B", port: second.port, groups: ["g"]),
    ].joined(separator: ",")
    let daemon = try await ScriptedDaemon(socket: folder.path + "/s") { _ in .data("[\(entries)]") }
    let command = try RunningCommand(
      ["--json", "watch", "g", "s1", "--every", "0.1", "--socket", folder.path + "/s"])
    var seen: Set<String> = []
    while seen.count < 2, let line = try await command.nextLine() { seen.insert(line) }
    #expect(seen == [#"{"asked":"get_json a"}"#, #"{"asked":"get_json b"}"#])
    command.send(SIGINT)
    #expect(try await command.outcome().status == 0)
    try await first.stop()
    try await second.stop()
    try await daemon.stop()
  }

  @Test func endsWhenNobodyReads() async throws {
    let folder = try TestFolder()
    let server = try await ScriptedServer { [line] _, _, _ in .say(line + "\n") }
    let daemon = try await daemon(folder, port: server.port)
    let ends = try PipeEnds()
    close(ends.reading)
    let outcome = try await RunningCommand.run(
      ["watch", "afif", "--socket", folder.path + "/s"], standardOutput: ends.writing)
    close(ends.writing)
    #expect(outcome.status == 0)
    try await server.stop()
    try await daemon.stop()
  }
}
