import Foundation
import JSONText
import Testing

/// The manual pages are made of what the programs say of themselves.
@Suite struct ManualTests {
  /// A page as it is installed.
  private func page(of program: String, section: Int) async throws -> String {
    let repository = URL(filePath: #filePath).appending(path: "../../..").standardized.path
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "\(repository)/packaging/manual")
    process.arguments = [
      try RunningCommand.program(named: program),
      "\(repository)/docs/man/\(program).\(section).in",
    ]
    process.standardOutput = output
    try process.run()
    let bytes = try #require(try output.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The program's own description of its commands.
  private func commands() async throws -> [JSONNode] {
    let outcome = try await RunningCommand.run(["--experimental-dump-help"])
    let command = try JSONParser.parse(Array(outcome.output.utf8))["command"]
    return try #require(command?["subcommands"]?.array)
      .filter { $0["commandName"]?.string != "help" }
  }

  @Test func everyCommandAndOptionIsDescribed() async throws {
    let page = try await page(of: "pointsctl", section: 1)
    let commands = try await commands()
    #expect(commands.count > 15)
    for command in commands {
      let name = try #require(command["commandName"]?.string)
      #expect(page.contains(".Ss \(name)\n.Nm Ic \(name)"), "\(name)")
      for argument in command["arguments"]?.array ?? [] {
        for option in argument["names"]?.array ?? [] where option["kind"]?.string == "long" {
          let option = try #require(option["name"]?.string)
          #expect(page.contains("Fl Fl \(option)") || option == "help", "\(name) \(option)")
        }
      }
    }
    #expect(!page.contains("\n@"))
  }

  @Test func everyExitStatusIsDescribed() async throws {
    let page = try await page(of: "pointsctl", section: 1)
    let help = try await RunningCommand.run(["--help"]).output
    let listed = help.split(separator: "\n").drop { $0 != "EXIT STATUS" }.dropFirst()
      .prefix { !$0.hasPrefix("USAGE") }.compactMap { Int($0.split(separator: " ")[0]) }
    #expect(listed.count > 10)
    for status in listed { #expect(page.contains(".It \(status)\n"), "\(status)") }
  }

  @Test func theDaemonsPageIsMadeOfItsHelp() async throws {
    let page = try await page(of: "pointsd", section: 8)
    for option in ["config Ar file", "profile Ar name", "check", "version"] {
      #expect(page.contains(".It Fl Fl \(option)\n"), "\(option)")
    }
    for status in [0, 64, 69, 70, 75, 78] { #expect(page.contains(".It \(status)\n"), "\(status)") }
    #expect(!page.contains("\n@"))
  }
}
