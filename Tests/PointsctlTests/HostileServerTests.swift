import JSONText
import TestSupport
import Testing

@testable import pointsctl

/// A server whose every text would turn a terminal upside down.
@Suite struct HostileServerTests {
  /// Clears the screen, retitles the window, by C0 and by C1 controls, and turns the direction.
  private static let evil = "\u{1B}[2J\u{1B}]0;gotcha\u{07}\u{9B}31m\r\u{202E}x"

  private static func answer(_ request: ScriptedDaemon.Request) -> ScriptedDaemon.Answer {
    let text = jsonString(evil)
    let server = """
      {"name":\(text),"user":\(text),"address":\(text),"port":1,"groups":[\(text)],"points":1,
      "status":\(text),"wanted":\(text),"reason":\(text),"since":\(text),"connections":0,
      "requests":0,"last_error":\(text)}
      """
    let path = request.path.prefix { $0 != "?" }
    return switch path {
    case "/api/servers": .data("[\(server)]")
    case "/api/users": .data(#"[{"user":\#(text),"points":1,"datetime_stamp":\#(text)}]"#)
    case "/api/plan", "/api/reload":
      .data(
        """
        {"changes":true,"users":[{"user":\(text),"server":\(text),"action":\(text),
        "details":[\(text)]}],"settings":[\(text)],"needs_restart":[\(text)]}
        """)
    case "/api/verify":
      .data(
        #"{"users":1,"differences":[{"user":\#(text),"message":\#(text)}],"notices":[\#(text)]}"#)
    case "/api/logs":
      ScriptedDaemon.Answer(
        body: #"{"id":\#(text),"time":\#(text),"level":\#(text),"message":\#(text)}"# + "\n")
    case "/api/groups/all/pause":
      .data("[\(server)]")
    default: ScriptedDaemon.Answer(status: 409, body: #"{"success":false,"error":\#(text)}"#)
    }
  }

  @Test(arguments: [
    ["ps"], ["get"], ["plan"], ["reload"], ["verify"], ["logs"], ["pause", "all"], ["stats"],
    ["backup", "-"], ["reset", "all"], ["nonsense"],
  ])
  func nothingOfItReachesTheTerminal(_ command: [String]) async throws {
    let folder = try TestFolder()
    let socket = folder.path + "/s"
    let daemon = try await ScriptedDaemon(socket: socket, answer: Self.answer)
    for extra in [[], ["--json"]] {
      let outcome = try await RunningCommand.run(["--socket", socket] + extra + command)
      for scalar in (outcome.output + outcome.errors).unicodeScalars where scalar != "\n" {
        #expect(
          !scalar.isControl && !scalar.isBidirectionalControl,
          "\(command): U+\(hexadecimal(scalar.value))")
      }
      if command != ["nonsense"] { #expect(!(outcome.output + outcome.errors).isEmpty) }
    }
    try await daemon.stop()
  }

  @Test func namesThatAShellWouldObeyAreNotCompleted() async throws {
    #expect(ProfileCompletion.candidates(for: "", among: [try entry(Self.evil)]) == ["all"])
  }

  private func entry(_ name: String) throws -> ServerEntry {
    let text = jsonString(name)
    return try ServerEntry(
      JSONParser.parse(
        Array(
          """
          {"name":\(text),"user":\(text),"port":1,"groups":[\(text)],"status":"running",
          "wanted":"running","since":"","connections":0,"requests":0}
          """.utf8)))
  }
}
