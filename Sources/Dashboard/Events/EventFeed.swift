import Hummingbird
import NIOCore

/// One listener's stream, from its first byte to its last.
struct EventFeed: Sendable {
  let stream: EventStream
  let snapshots: SnapshotSource
  /// Whether the listener says that it was here before.
  let resumes: Bool
  /// The last event it got, nil when what it said makes no sense.
  let lastEvent: EventIdentifier?
  /// Which texts it gets.
  let audience: Audience
  let peer: Peer

  /// Writes events until the stream ends or the listener is gone.
  func write(to writer: inout any ResponseBodyWriter) async throws {
    try await writer.write(EventEncoder.retry)
    let begin = try await begin(writer: &writer)
    let peer = peer
    let listener = await stream.join(at: begin, audience: audience) { peer.disconnect() }
    do {
      try await pass(listener, to: &writer)
    } catch {
      await stream.leave(listener)
      throw error
    }
    await stream.leave(listener)
  }

  /// Where the stream takes up: behind the last event the listener had, when nothing after it is
  /// lost; else behind a snapshot, with `resync` before it for those who were here before.
  private func begin(writer: inout any ResponseBodyWriter) async throws -> EventStream.Position {
    if let lastEvent, let position = await stream.position(after: lastEvent) { return position }
    if resumes { try await writer.write(EventEncoder.resync) }
    let snapshot = await snapshots.snapshot()
    try await writer.write(snapshot.event.bytes(for: audience))
    return snapshot.position
  }

  private func pass(_ listener: Int, to writer: inout any ResponseBodyWriter) async throws {
    while true {
      switch await stream.next(for: listener) {
      case .events(let events): try await writer.write(contentsOf: events)
      case .resync:
        try await writer.write(EventEncoder.resync)
        let snapshot = await snapshots.snapshot()
        await stream.move(listener, to: snapshot.position)
        try await writer.write(snapshot.event.bytes(for: audience))
      case .ended: return
      }
    }
  }
}
