import Foundation
import Glibc
import Testing

/// `pointsctl logs` and the other commands that run until they are told to end.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LogTests {
  private func start(_ daemon: Daemon, _ arguments: [String], to file: String) throws -> Process {
    _ = FileManager.default.createFile(atPath: file, contents: nil)
    let process = Process()
    process.executableURL = Daemon.binary("pointsctl")
    process.arguments = ["--socket", daemon.controlSocket] + arguments
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test func followsOneUserOverARestart() async throws {
    let daemon = try Daemon(.init(users: ["Afif", "Faiz"], intervalSeconds: 0.2))
    try await daemon.start()
    let file = daemon.directory + "/followed"
    let follower = try start(daemon, ["logs", "-f", "server1"], to: file)
    func lines() throws -> [Substring] {
      try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    }
    try await eventually("lines come") { try lines().count > 3 }
    try await daemon.stop()
    let before = try lines().count
    try await daemon.start()
    try await eventually("lines of the next daemon come") { try lines().count > before + 3 }
    #expect(try lines().allSatisfy { !$0.contains("Faiz") })
    #expect(try lines().contains { $0.contains("Updated Afif: Points=") })
    // No line twice: points rise with each.
    let updates = try lines().filter { $0.contains("Updated") }.map { $0.dropFirst(29) }
    #expect(Set(updates).count == updates.count)
    follower.terminate()
    follower.waitUntilExit()
    #expect(follower.terminationStatus == 0)
    try await daemon.stop()
  }

  @Test func aClosedTerminalOrReaderEndsIt() async throws {
    let daemon = try Daemon(.init(users: ["Afif"], intervalSeconds: 0.2))
    try await daemon.start()
    for command in ["logs -f", "logs -f --json", "watch afif --every 0.1"] {
      let line = "\"$0\" --socket \"$1\" \(command)"
      let program = Daemon.binary("pointsctl").path
      // The shell's status is that of the command whose reader went away.
      let read = try run(
        "/bin/bash",
        ["-c", "set -o pipefail; \(line) | head -n 2", program, daemon.controlSocket])
      #expect(read.status == 0, "\(command): \(read.errors)")
      let closed = try run("/bin/bash", ["-c", "\(line) >&-", program, daemon.controlSocket])
      #expect(closed.status == 74, "\(command): \(closed.errors)")
      #expect(closed.errors.contains("cannot write the output: Bad file descriptor"))
      let hung = try start(
        daemon, command.split(separator: " ").map(String.init), to: daemon.directory + "/hung")
      try await eventually("it prints") {
        try !String(contentsOfFile: daemon.directory + "/hung", encoding: .utf8).isEmpty
      }
      Glibc.kill(hung.processIdentifier, SIGHUP)
      hung.waitUntilExit()
      #expect(hung.terminationReason == .exit && hung.terminationStatus == 0, "\(command)")
    }
    try await daemon.stop()
  }

  @Test func measures() async throws {
    let daemon = try Daemon(.init(users: ["Afif", "Faiz"]))
    try await daemon.start()
    let program = Daemon.binary("pointsctl").path
    let bench = try run(
      program,
      [
        "bench", "--socket", daemon.controlSocket, "--connections", "8", "--seconds", "0.5",
        "--json",
      ])
    #expect(bench.status == 0, "\(bench.errors)")
    let json = try JSONSerialization.jsonObject(with: Data(bench.output.utf8)) as? [String: Any]
    #expect((json?["answers"] as? Int ?? 0) > 8)
    #expect(json?["errors"] as? Int == 0)
    let none = try run(
      program, ["bench", "--socket", daemon.controlSocket, "--connections", "0"])
    #expect(none.status == 64)
    try await daemon.stop()
  }
}
