import Testing

/// What somebody sees who starts it and nothing is wrong.
@Suite(.timeLimit(.minutes(5))) struct StartLogTests {
  @Test func aHealthyStartWarnsOfNothingAndEndsWithThePage() async throws {
    let daemon = try Daemon()
    try await daemon.start()
    try await eventually("it says that it is ready") { daemon.log.contains(" ready: ") }
    let lines = daemon.log.split(separator: "\n")
    // On a loaded machine the database may take longer than a start should.
    let slow = ["serving without the database until", "the database is not ready, trying again"]
    let warnings = lines.filter { line in
      (line.contains(" WARN ") || line.contains(" ERROR ")) && !slow.contains { line.contains($0) }
    }
    #expect(warnings == [])
    let ready = try #require(lines.first { $0.contains(" ready: ") })
    #expect(ready.contains("users running") && ready.contains("the page is http://127.0.0.1:"))
    #expect(try await daemon.stop() == 0)
  }
}
