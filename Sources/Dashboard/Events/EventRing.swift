import NIOCore

/// The newest events, each encoded once for all listeners, bounded in number and in bytes.
struct EventRing {
  /// Encoded events with their numbers in rising order, without a gap.
  private var events: [EventEncoder.Event] = []
  /// Where the oldest event stands in `events`: what is before it was let go.
  private var head = 0
  private var bytes = 0
  /// The number of the newest event; the first gets 1.
  private(set) var last: Int64 = 0

  private let capacity: Int
  private let byteCapacity: Int

  init(capacity: Int, byteCapacity: Int) {
    self.capacity = capacity
    self.byteCapacity = byteCapacity
  }

  var count: Int { events.count - head }

  /// The number of the oldest event that is kept.
  var first: Int64 { last - Int64(count) + 1 }

  mutating func append(_ event: EventEncoder.Event) {
    events.append(event)
    bytes += event.size
    last += 1
    while count > capacity || bytes > byteCapacity && count > 1 { dropFirst() }
  }

  /// Forgets every event; numbers go on.
  mutating func removeAll() {
    events = []
    head = 0
    bytes = 0
  }

  /// Whether every event after `sequence` is still there.
  func reaches(_ sequence: Int64) -> Bool {
    sequence <= last && sequence >= first - 1
  }

  /// At most `limit` events after `sequence`, which the ring must reach.
  func events(after sequence: Int64, limit: Int) -> ArraySlice<EventEncoder.Event> {
    let begin = head + Int(sequence - first + 1)
    return events[begin..<min(begin + limit, events.count)]
  }

  private mutating func dropFirst() {
    bytes -= events[head].size
    events[head] = EventEncoder.Event(ByteBuffer())
    head += 1
    // Moved in one go, so that each event costs the same however many there are.
    if head >= capacity {
      events.removeFirst(head)
      head = 0
    }
  }
}
