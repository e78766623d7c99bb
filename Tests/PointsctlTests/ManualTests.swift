import Foundation
import JSONText
import Testing

/// The manual page and the commands say the same.
@Suite struct ManualTests {
  private func manual() throws -> String {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/man/pointsctl.1")
    return try String(contentsOf: file, encoding: .utf8)
  }

  /// The program's own description of its commands.
  private func commands() async throws -> [JSONNode] {
    let outcome = try await RunningCommand.run(["--experimental-dump-help"])
    let command = try JSONParser.parse(Array(outcome.output.utf8))["command"]
    return try #require(command?["subcommands"]?.array)
      .filter { $0["commandName"]?.string != "help" }
  }

  /// Words of the manual's source that stand behind a macro, such as `ps` of `.It Ic ps`.
  private func words(after macro: String, in manual: String) -> Set<String> {
    var words: Set<String> = []
    for line in manual.split(separator: "\n") where line.hasPrefix(".") {
      let tokens = line.split(separator: " ")
      for (index, token) in tokens.enumerated() where token == macro {
        for word in tokens[(index + 1)...] {
          if word == "|" || word == "," { continue }
          guard word.allSatisfy({ $0.isLowercase || $0 == "-" }) else { break }
          words.insert(String(word))
        }
      }
    }
    return words
  }

  @Test func everyCommandIsDescribedAndNoOther() async throws {
    let names = try await commands().compactMap { $0["commandName"]?.string }
    #expect(names.count > 15)
    #expect(Set(names) == words(after: "Ic", in: try manual()))
  }

  @Test func everyOptionIsDescribedAndNoOther() async throws {
    let manual = try manual()
    var options: Set<String> = []
    for command in try await commands() {
      for argument in command["arguments"]?.array ?? [] {
        for name in argument["names"]?.array ?? [] where name["kind"]?.string == "long" {
          if let name = name["name"]?.string { options.insert(name) }
        }
      }
    }
    options.subtract(["help", "version"])
    let described = manual.split(separator: "\n").reduce(into: Set<String>()) { found, line in
      let tokens = line.split(separator: " ").map(String.init)
      for index in tokens.indices.dropLast(2)
      where ["Fl", ".Fl"].contains(tokens[index]) && tokens[index + 1] == "Fl" {
        found.insert(tokens[index + 2])
      }
    }
    #expect(options == described)
  }

  @Test func everyExitStatusIsDescribed() async throws {
    let help = try await RunningCommand.run(["--help"]).output
    let listed = help.split(separator: "\n").drop { $0 != "EXIT STATUS" }.dropFirst()
      .prefix { !$0.hasPrefix("USAGE") }.compactMap { Int($0.split(separator: " ")[0]) }
    #expect(listed.count > 10)
    for status in listed { #expect(try manual().contains(".It \(status)\n"), "\(status)") }
  }
}
