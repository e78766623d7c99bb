import NIOCore
import Synchronization
import Telemetry
import Testing

@testable import Dashboard

@Suite(.timeLimit(.minutes(1))) struct EventStreamTests {
  private func stream(capacity: Int = 1024) -> EventStream {
    EventStream(startedMilliseconds: 7, capacity: capacity, factory: PrometheusRegistry())
  }

  /// What a listener is handed next, as text.
  private func next(_ stream: EventStream, _ listener: Int) async -> String {
    switch await stream.next(for: listener) {
    case .events(let events): events.map { String(buffer: $0) }.joined()
    case .resync: "resync"
    case .ended: "ended"
    }
  }

  @Test func anEventHasItsIdentifierAndOneLineOfData() async {
    let stream = stream()
    let listener = await stream.join(at: stream.newest) {}
    await stream.publish("late", ["users": ["a\nb"]])
    #expect(
      await next(stream, listener)
        == "id: 7-1\nevent: late\ndata: {\"users\":[\"a\\nb\"]}\n\n")
  }

  @Test func aListenerWaitsForWhatComes() async {
    let stream = stream()
    let listener = await stream.join(at: stream.newest) {}
    async let delivered = next(stream, listener)
    await stream.publish("late", [:])
    #expect(await delivered.contains("id: 7-1"))
  }

  @Test func allListenersShareOneEncoding() async throws {
    let stream = stream()
    var addresses: Set<UnsafeRawPointer> = []
    var listeners: [Int] = []
    for _ in 0..<500 { listeners.append(await stream.join(at: stream.newest) {}) }
    await stream.publish("late", [:])
    for listener in listeners {
      guard case .events(let events) = await stream.next(for: listener) else { continue }
      events[0].withUnsafeReadableBytes { bytes in
        if let address = bytes.baseAddress { addresses.insert(address) }
      }
    }
    #expect(addresses.count == 1)
  }

  @Test func heartbeatsHaveNoIdentifierAndAreNotRepeated() async {
    let stream = stream()
    let listener = await stream.join(at: stream.newest) {}
    await stream.beat(["timestamp": "first"])
    await stream.beat(["timestamp": "second"])
    #expect(
      await next(stream, listener)
        == "event: heartbeat\ndata: {\"timestamp\":\"second\"}\n\n")
  }

  @Test func resumingGivesExactlyWhatWasMissed() async throws {
    let stream = stream()
    for _ in 0..<5 { await stream.publish("late", [:]) }
    let seen = EventIdentifier(startedMilliseconds: 7, sequence: 3)
    let position = try #require(await stream.position(after: seen))
    let listener = await stream.join(at: position) {}
    let text = await next(stream, listener)
    #expect(!text.contains("id: 7-3\n"))
    #expect(text.contains("id: 7-4\n"))
    #expect(text.contains("id: 7-5\n"))
  }

  @Test func nothingIsResumedThatCouldHaveAGap() async {
    let stream = stream(capacity: 2)
    for _ in 0..<5 { await stream.publish("late", [:]) }
    for (start, sequence, possible) in [
      (7, 5, true), (7, 3, true), (7, 2, false), (7, 6, false), (6, 5, false), (8, 4, false),
    ] {
      let identifier = EventIdentifier(
        startedMilliseconds: Int64(start), sequence: Int64(sequence))
      #expect((await stream.position(after: identifier) != nil) == possible, "\(identifier)")
    }
  }

  @Test func whoFallsBehindIsToldToStartAnew() async {
    let stream = stream(capacity: 4)
    let listener = await stream.join(at: stream.newest) {}
    for _ in 0..<5 { await stream.publish("late", [:]) }
    #expect(await next(stream, listener) == "resync")
    await stream.move(listener, to: stream.newest)
    await stream.publish("late", [:])
    #expect(await next(stream, listener).contains("id: 7-6"))
  }

  @Test func aGapBeforeUsIsAGapForAll() async {
    let stream = stream()
    await stream.publish("late", [:])
    let listener = await stream.join(at: stream.newest) {}
    await stream.interrupt()
    #expect(await next(stream, listener) == "resync")
    let first = EventIdentifier(startedMilliseconds: 7, sequence: 0)
    #expect(await stream.position(after: first) == nil)
  }

  @Test func aGapWhileASnapshotWasMadeIsNoticed() async {
    let stream = stream()
    let position = await stream.newest
    await stream.interrupt()
    let listener = await stream.join(at: position) {}
    #expect(await next(stream, listener) == "resync")
  }

  @Test func whoTakesNothingIsDisconnected() async {
    let stream = stream()
    let disconnected = Mutex(0)
    let listener = await stream.join(at: stream.newest) { disconnected.withLock { $0 += 1 } }
    for _ in 0...EventStream.missedHeartbeatLimit { await stream.beat([:]) }
    #expect(disconnected.withLock { $0 } == 1)
    #expect(await next(stream, listener) == "ended")
  }

  @Test func theEndReachesThoseWhoWait() async {
    let stream = stream()
    let listener = await stream.join(at: stream.newest) {}
    async let delivered = next(stream, listener)
    await stream.finish()
    #expect(await delivered == "ended")
  }

  @Test func cancellationReachesThoseWhoWait() async {
    let stream = stream()
    let listener = await stream.join(at: stream.newest) {}
    await withTaskGroup(of: String.self) { group in
      group.addTask { await next(stream, listener) }
      group.cancelAll()
      #expect(await group.next() == "ended")
    }
  }

  @Test(arguments: [
    ("7-1", true), ("", false), ("7", false), ("7-", false), ("-1", false), ("7-1-2", false),
    ("a-b", false), ("7--1", false), ("99999999999999999999-1", false),
  ])
  func identifiersAreRead(text: String, valid: Bool) {
    #expect((EventIdentifier(text) != nil) == valid)
  }
}
