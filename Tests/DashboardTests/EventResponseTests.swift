import NIOCore
import Points
import ServiceLifecycle
import Testing

@testable import Dashboard

/// `/api/events` over a real connection.
@Suite(.timeLimit(.minutes(1))) struct EventResponseTests {
  /// Reads a stream until its text satisfies a condition.
  private struct Reader {
    var inbound: RawClient.Inbound.AsyncIterator
    var text = ""

    mutating func read(until holds: (String) -> Bool) async throws {
      while !holds(text) {
        guard let part = try await inbound.next() else { throw Ended(text: text) }
        text += String(buffer: part)
      }
    }

    struct Ended: Error {
      let text: String
    }
  }

  private func listen(
    _ running: RunningService, lastEvent: String? = nil,
    _ work: @Sendable (inout Reader) async throws -> Void
  ) async throws {
    try await running.wait { running.control.subscriptions > 0 }
    try await RawClient.withConnection(running.tcp) { inbound, outbound in
      let resume = lastEvent.map { "Last-Event-ID: \($0)\r\n" } ?? ""
      try await outbound.write(
        ByteBuffer(string: "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\(resume)\r\n"))
      var reader = Reader(inbound: inbound.makeAsyncIterator())
      try await work(&reader)
    }
  }

  @Test func aStreamBeginsWithASnapshot() async throws {
    try await RunningService.with { running in
      running.control.set { $0.late = ["Faiz"] }
      try await listen(running) { reader in
        try await reader.read { $0.contains("\"stale_seconds\":null}") }
        #expect(reader.text.contains("text/event-stream"))
        #expect(reader.text.contains("id: 1768228200000-0\nevent: snapshot\ndata: {\"timestamp\":"))
        for part in [
          #""started":"1768228200000""#,
          #""users":[{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00"}"#,
          #""servers":[{"name":"server1""#, #""stats":{"total_points":180"#,
          #""database":{"status":"available","since":"1970-01-01 00:00:00","reason":null}"#,
          #""late":["Faiz"]"#,
        ] { #expect(reader.text.contains(part), "\(part)") }
      }
    }
  }

  @Test func eachChangeFollows() async throws {
    try await RunningService.with { running in
      try await listen(running) { reader in
        try await reader.read { $0.contains("event: snapshot") }
        running.control.emit(.points([PointsRow(user: "Faiz", points: 70, stamp: nil)]))
        running.control.emit(.server(.test("server1", "Afif", 5001, [])))
        running.control.emit(
          .database(.away(since: DateTimeStamp(secondsSinceEpoch: 0), reason: "gone")))
        running.control.emit(.late(["Afif"]))
        try await reader.read { $0.contains("event: late\ndata: {\"users\":[\"Afif\"]}") }
        #expect(reader.text.contains("-1\nevent: users\ndata: {\"timestamp\":\""))
        #expect(
          reader.text.contains(
            #""users":[{"user":"Faiz","points":70,"datetime_stamp":null}]}"#))
        #expect(reader.text.contains("-2\nevent: server\ndata: {\"name\":\"server1\""))
        #expect(
          reader.text.contains(
            "-3\nevent: database\ndata: "
              + #"{"status":"away","since":"1970-01-01 00:00:00","reason":null}"#))
      }
    }
  }

  @Test func resumingSendsWhatWasMissedAndNoSnapshot() async throws {
    try await RunningService.with { running in
      try await listen(running) { reader in
        try await reader.read { $0.contains("event: snapshot") }
        running.control.emit(.late(["first"]))
        running.control.emit(.late(["second"]))
        try await reader.read { $0.contains("second") }
      }
      try await listen(running, lastEvent: "1768228200000-1") { reader in
        try await reader.read { $0.contains("second") }
        #expect(!reader.text.contains("event: snapshot"))
        #expect(!reader.text.contains("first"))
      }
    }
  }

  @Test(arguments: ["1-5", "1768228200000-99", "nonsense"])
  func whatCannotBeResumedStartsAnew(lastEvent: String) async throws {
    try await RunningService.with { running in
      try await listen(running, lastEvent: lastEvent) { reader in
        try await reader.read { $0.contains("event: snapshot") }
        let resync = try #require(reader.text.firstRange(of: "event: resync\ndata: {}"))
        let snapshot = try #require(reader.text.firstRange(of: "event: snapshot"))
        #expect(resync.lowerBound < snapshot.lowerBound)
      }
    }
  }

  @Test func aGapBeforeUsMakesListenersStartAnew() async throws {
    try await RunningService.with { running in
      try await listen(running) { reader in
        try await reader.read { $0.contains("event: snapshot") }
        running.control.cutEvents()
        // Both may come in one read, so the text is kept: the second snapshot is the new one.
        try await reader.read { $0.split(separator: "event: snapshot").count == 3 }
        let resync = try #require(reader.text.firstRange(of: "event: resync"))
        #expect(reader.text[resync.upperBound...].contains("event: snapshot"))
        running.control.emit(.late(["again"]))
        try await reader.read { $0.contains("again") }
      }
    }
  }

  @Test func streamsEndWithTheDaemon() async throws {
    try await RunningService.with { running in
      try await listen(running) { reader in
        try await reader.read { $0.contains("event: snapshot") }
        await running.group.triggerGracefulShutdown()
        let error = await #expect(throws: Reader.Ended.self) {
          try await reader.read { $0.contains("never") }
        }
        // The last chunk says that the stream ended as it should.
        #expect(error?.text.hasSuffix("0\r\n\r\n") == true)
      }
    }
  }

  @Test func snapshotsWithoutADatabaseSaySo() async throws {
    try await RunningService.with { running in
      running.control.set { state in
        state.readError = .unavailable("gone")
        state.database = .away(since: DateTimeStamp(secondsSinceEpoch: 0), reason: "gone")
      }
      try await listen(running) { reader in
        try await reader.read { $0.contains("event: snapshot") && $0.contains("stale_seconds") }
        #expect(reader.text.contains(#""users":[]"#))
        #expect(reader.text.contains(#""status":"away""#))
      }
    }
  }
}
