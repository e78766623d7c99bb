import Metrics
import NIOCore
import Telemetry

/// The events of `/api/events` and those who listen to them.
///
/// Every listener reads from one ring; none has a buffer of its own. One that falls behind the ring
/// is sent a resync, one that takes nothing for a minute is disconnected.
actor EventStream {
  /// What a listener gets next.
  enum Delivery: Sendable {
    case events([ByteBuffer])
    /// Events were lost to this listener: it needs a snapshot.
    case resync
    case ended
  }

  /// Where a listener stands: behind the event of that number, in a stretch without a gap.
  struct Position: Sendable, Equatable {
    fileprivate(set) var sequence: Int64
    fileprivate let generation: Int
  }

  private struct Listener {
    var position: Position
    let audience: Audience
    var heartbeat: Int64
    let disconnect: @Sendable () -> Void
    var waiter: CheckedContinuation<Void, Never>?
  }

  nonisolated let startedMilliseconds: Int64
  private var ring: EventRing
  private var listeners: [Int: Listener] = [:]
  private var nextListener = 0
  private var heartbeat = (number: Int64(0), event: ByteBuffer())
  /// Rises when events may have been lost to all.
  private var generation = 0
  private var ended = false
  private let listenerGauge: Gauge
  private let droppedCounter: Counter
  private let eventCounter: Counter

  /// Events handed out in one piece.
  static let batchLimit = 64
  /// Heartbeats that a listener may miss before it is disconnected.
  static let missedHeartbeatLimit: Int64 = 30

  init(
    startedMilliseconds: Int64, capacity: Int = 1024, byteCapacity: Int = 4 << 20,
    factory: any MetricsFactory
  ) {
    self.startedMilliseconds = startedMilliseconds
    self.ring = EventRing(capacity: capacity, byteCapacity: byteCapacity)
    self.listenerGauge = Metric("pointsd_event_listeners", help: "Listeners of /api/events.")
      .gauge(in: factory)
    self.droppedCounter = Metric(
      "pointsd_event_listeners_dropped_total",
      help: "Listeners disconnected because they took nothing."
    ).counter(in: factory)
    self.eventCounter = Metric(
      "pointsd_events_total", help: "Events sent to listeners of /api/events."
    ).counter(in: factory)
    listenerGauge.record(0)
  }

  /// Behind the newest event.
  var newest: Position { Position(sequence: ring.last, generation: generation) }

  nonisolated func identifier(_ sequence: Int64) -> EventIdentifier {
    EventIdentifier(startedMilliseconds: startedMilliseconds, sequence: sequence)
  }

  // MARK: Publishing

  func publish(_ name: String, _ data: JSON) { publish(name) { _ in data } }

  /// - Parameter data: what each audience gets.
  func publish(_ name: String, _ data: (Audience) -> JSON) {
    ring.append(EventEncoder.Event(name, id: identifier(ring.last + 1), data: data))
    eventCounter.increment()
    wakeAll()
  }

  /// Says that the daemon is alive, and lets go of those who do not listen any more.
  func beat(_ data: JSON) {
    heartbeat = (heartbeat.number + 1, EventEncoder.encode("heartbeat", data))
    wakeAll()
    for (identifier, listener) in listeners
    where listener.heartbeat < heartbeat.number - Self.missedHeartbeatLimit {
      droppedCounter.increment()
      listener.disconnect()
      leave(identifier)
    }
  }

  /// Events were lost on their way here: every listener has to begin again.
  func interrupt() {
    generation += 1
    ring.removeAll()
    wakeAll()
  }

  /// Ends every stream, now and in future.
  func finish() {
    ended = true
    wakeAll()
  }

  // MARK: Listening

  /// The position behind the event of that identifier; nil unless every event after it can still
  /// be had.
  func position(after identifier: EventIdentifier) -> Position? {
    guard identifier.startedMilliseconds == startedMilliseconds, ring.reaches(identifier.sequence)
    else { return nil }
    return Position(sequence: identifier.sequence, generation: generation)
  }

  /// Begins to listen.
  /// - Parameter disconnect: ends the listener's connection, whatever it is doing.
  func join(
    at position: Position, audience: Audience = .everybody,
    disconnect: @escaping @Sendable () -> Void
  ) -> Int {
    nextListener += 1
    listeners[nextListener] = Listener(
      position: position, audience: audience, heartbeat: heartbeat.number, disconnect: disconnect)
    listenerGauge.record(listeners.count)
    return nextListener
  }

  func leave(_ identifier: Int) {
    listeners.removeValue(forKey: identifier)?.waiter?.resume()
    listenerGauge.record(listeners.count)
  }

  /// Moves a listener that was sent a resync.
  func move(_ listener: Int, to position: Position) {
    listeners[listener]?.position = position
  }

  /// Waits for what comes next.
  func next(for identifier: Int) async -> Delivery {
    while !ended, !Task.isCancelled, let listener = listeners[identifier] {
      if let delivery = take(identifier, listener) { return delivery }
      await withTaskCancellationHandler {
        await withCheckedContinuation { listeners[identifier]?.waiter = $0 }
      } onCancel: {
        Task { await self.wake(identifier) }
      }
    }
    return .ended
  }

  private func take(_ identifier: Int, _ listener: Listener) -> Delivery? {
    let position = listener.position
    guard position.generation == generation, ring.reaches(position.sequence) else {
      return .resync
    }
    var events = ring.events(after: position.sequence, limit: Self.batchLimit)
      .map { $0.bytes(for: listener.audience) }
    listeners[identifier]?.position.sequence += Int64(events.count)
    if listener.heartbeat < heartbeat.number {
      events.append(heartbeat.event)
      listeners[identifier]?.heartbeat = heartbeat.number
    }
    return events.isEmpty ? nil : .events(events)
  }

  private func wake(_ identifier: Int) {
    listeners[identifier]?.waiter?.resume()
    listeners[identifier]?.waiter = nil
  }

  private func wakeAll() {
    for identifier in listeners.keys { wake(identifier) }
  }
}
