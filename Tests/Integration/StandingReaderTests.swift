import Foundation
import Glibc
import Testing

/// A reader of the log that stands still stops nothing.
@Suite(.serialized, .timeLimit(.minutes(3))) struct StandingReaderTests {
  /// A pipe that is full and that nobody reads.
  private func fullPipe() -> Pipe {
    let pipe = Pipe()
    let end = pipe.fileHandleForWriting.fileDescriptor
    let flags = fcntl(end, F_GETFL)
    _ = fcntl(end, F_SETFL, flags | O_NONBLOCK)
    let bytes = [UInt8](repeating: UInt8(ascii: "\n"), count: 4096)
    while write(end, bytes, bytes.count) > 0 {}
    while write(end, bytes, 1) > 0 {}
    // As a shell hands it over: writing to it waits.
    _ = fcntl(end, F_SETFL, flags)
    return pipe
  }

  private func pointsctl(_ daemon: Daemon, _ arguments: String...) throws -> Finished {
    try run(Daemon.binary("pointsctl").path, ["--socket", daemon.controlSocket] + arguments)
  }

  @Test func theDaemonGoesOnAndEndsAsAsked() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2, extra: ["log": ["level": "trace"]]))
    let pipe = fullPipe()
    try await daemon.start(output: pipe.fileHandleForWriting)
    for number in 1...300 {
      let refused = try daemon.http("/\(number)", headers: ["Origin: http://foreign.example"])
      #expect(refused.status == 403)
    }
    try await eventually("points are earned") { try daemon.points()["Afif"] ?? 0 > 20 }
    let client = try TCPClient(port: daemon.port(of: "Faiz"))
    try client.send("get_data\n")
    #expect(try client.readLines(1)[0].hasPrefix("User: Faiz"))
    #expect(try pointsctl(daemon, "ps").status == 0)
    let log = try pointsctl(daemon, "logs")
    #expect(log.output.contains("Updated"))
    // One line about 300 refusals.
    #expect(log.output.components(separatedBy: "refused GET").count == 2)
    #expect(
      try daemon.http("/metrics").body.contains(
        "# HELP pointsd_log_lines_dropped_total Log lines dropped"))
    #expect(try await daemon.stop() == 0)
  }

  @Test func itsLastWordsDoNotKeepItFromEnding() async throws {
    let daemon = try Daemon()
    try "{".write(toFile: daemon.configurationFile, atomically: true, encoding: .utf8)
    try await daemon.start(waiting: false, output: fullPipe().fileHandleForWriting)
    try await eventually("it ends") { daemon.process?.isRunning == false }
    #expect(daemon.process?.terminationStatus == 78)
  }

  @Test func readersThatGoOnGetEveryLine() async throws {
    let daemon = try Daemon(.init(intervalSeconds: 0.2))
    let pipe = fullPipe()
    try await daemon.start(output: pipe.fileHandleForWriting)
    try pipe.fileHandleForWriting.close()
    let reading = textOf(pipe.fileHandleForReading)
    #expect(try await daemon.stop() == 0)
    let text = await reading.value
    #expect(text.contains("stopping, asked by SIGTERM"))
    #expect(text.hasSuffix(" stopped (event=stop)\n"))
  }
}

/// Reads to the end on a thread of its own.
private func textOf(_ handle: FileHandle) -> Task<String, Never> {
  Task {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let data = handle.readDataToEndOfFile()
        continuation.resume(returning: String(decoding: data, as: UTF8.self))
      }
    }
  }
}
