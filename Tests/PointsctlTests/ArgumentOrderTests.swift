import Testing

@testable import pointsctl

@Suite struct ArgumentOrderTests {
  @Test(arguments: [
    (["ps"], ["ps"]),
    (["ps", "--json"], ["ps", "--json"]),
    (["--json", "ps"], ["ps", "--json"]),
    (["--socket", "/s", "--json", "stop", "a"], ["stop", "--socket", "/s", "--json", "a"]),
    (["--url=http://h", "get", "a"], ["get", "--url=http://h", "a"]),
    (["--token-file", "f", "--url", "u", "ps"], ["ps", "--token-file", "f", "--url", "u"]),
    (["--json", "adjust", "a", "-5"], ["adjust", "--json", "a", " -5"]),
    (["adjust", "a", "+5"], ["adjust", "a", "+5"]),
    // Only numbers, and only where a number may stand.
    (["adjust", "a", "-x", "--reason", "-"], ["adjust", "a", "-x", "--reason", "-"]),
    (["get", "-5"], ["get", "-5"]),
    // Nothing to move, or nowhere to move it: the parser's complaint is the better one.
    ([], []),
    (["--json"], ["--json"]),
    (["--socket"], ["--socket"]),
    (["--help"], ["--help"]),
    (["--bogus", "ps"], ["--bogus", "ps"]),
    (["--json", "--bogus", "ps"], ["--bogus", "--json", "ps"]),
  ])
  func commandFirst(_ given: [String], _ expected: [String]) {
    #expect(ArgumentOrder.commandFirst(given) == expected)
  }

  /// What is looked for first comes first, and nothing is lost.
  @Test func helpBeginsWithTheCommands() async throws {
    let help = try await RunningCommand.run(["--help"])
    #expect(help.status == 0)
    let titles = ["OVERVIEW:", "USAGE:", "SUBCOMMANDS:", "EXIT STATUS", "OPTIONS:"]
    let positions = titles.map { help.output.firstRange(of: $0)?.lowerBound }
    #expect(positions.allSatisfy { $0 != nil })
    #expect(positions.compactMap(\.self) == positions.compactMap(\.self).sorted())
    #expect(help.output.contains("\n  ps ") && help.output.contains("\n  78  plan"))
    #expect(try await RunningCommand.run([]).output == help.output)
    #expect(PointsctlCommand.commandsFirst("no help") == "no help")
  }
}
