import Points

/// Makes the `snapshot` event with which a stream begins. Those who ask while one is on its way
/// share it: after a restart every browser asks at once.
///
/// A snapshot comes by among the events: what is behind it is newer, and what is newer is behind it,
/// so that nobody is shown a state that is older than one shown before.
actor SnapshotSource {
  /// The encoded event, and the position behind the newest event that it includes.
  struct Snapshot: Sendable {
    let event: EventEncoder.Event
    let position: EventStream.Position
  }

  private let control: any Control
  private let stream: EventStream
  private let time: DashboardTime
  private var waiters: [CheckedContinuation<Snapshot, Never>] = []

  init(control: any Control, stream: EventStream, time: DashboardTime) {
    self.control = control
    self.stream = stream
    self.time = time
  }

  func snapshot() async -> Snapshot {
    await withCheckedContinuation { waiter in
      waiters.append(waiter)
      if waiters.count == 1 { Task { await control.broadcastSnapshot() } }
    }
  }

  /// Events come from now on: what was asked for before is asked for again.
  func begin() async {
    if !waiters.isEmpty { await control.broadcastSnapshot() }
  }

  /// A snapshot came by, and every event before it is in the stream.
  func take(_ state: StateSnapshot) async {
    guard !waiters.isEmpty else { return }
    let position = await stream.newest
    let timestamp = time.now()
    let event = EventEncoder.Event("snapshot", id: stream.identifier(position.sequence)) {
      EventEncoder.data(
        of: .snapshot(state), timestamp: timestamp, started: stream.startedMilliseconds, for: $0)
    }
    for waiter in waiters { waiter.resume(returning: Snapshot(event: event, position: position)) }
    waiters = []
  }
}
