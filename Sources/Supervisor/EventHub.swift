import Points

/// Hands each event to everybody who watches. A subscriber that falls `capacity` events behind
/// loses its stream instead of growing a buffer; it begins again with a snapshot.
struct EventHub {
  private var subscribers: [Int: AsyncStream<PointsEvent>.Continuation] = [:]
  private var nextSubscriber = 0
  private let capacity: Int

  init(capacity: Int = 1024) {
    self.capacity = capacity
  }

  /// Events from now on.
  mutating func subscribe() -> AsyncStream<PointsEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: PointsEvent.self, bufferingPolicy: .bufferingOldest(capacity))
    subscribers[nextSubscriber] = continuation
    nextSubscriber += 1
    return stream
  }

  mutating func emit(_ event: PointsEvent) {
    for (identifier, continuation) in subscribers {
      switch continuation.yield(event) {
      case .enqueued: continue
      case .dropped, .terminated: continuation.finish()
      @unknown default: continuation.finish()
      }
      subscribers[identifier] = nil
    }
  }

  /// Ends every stream.
  mutating func finish() {
    for continuation in subscribers.values { continuation.finish() }
    subscribers = [:]
  }
}
