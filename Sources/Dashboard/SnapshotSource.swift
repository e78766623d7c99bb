import NIOCore
import Points

/// Makes the `snapshot` event with which a stream begins. Those who ask while one is being made
/// share it: after a restart every browser asks at once.
actor SnapshotSource {
  /// The encoded event, and the position behind the newest event that it is sure to include.
  struct Snapshot: Sendable {
    let event: EventEncoder.Event
    let position: EventStream.Position
  }

  private let control: any Control
  private let stream: EventStream
  private let time: DashboardTime
  private var underWay: Task<Snapshot, Never>?

  init(control: any Control, stream: EventStream, time: DashboardTime) {
    self.control = control
    self.stream = stream
    self.time = time
  }

  func snapshot() async -> Snapshot {
    if let underWay { return await underWay.value }
    let task = Task { await make() }
    underWay = task
    let snapshot = await task.value
    underWay = nil
    return snapshot
  }

  /// The position is taken first: what happens meanwhile is sent again as an event, which does
  /// no harm, while the other way round it could be missed.
  private func make() async -> Snapshot {
    let position = await stream.newest
    let reading: Reading<[PointsRow]>
    do {
      reading = try await control.users()
    } catch {
      // Nothing is known yet; `database` says why.
      reading = Reading([])
    }
    let timestamp = time.now().description
    let servers = await control.servers()
    let database = await control.database()
    let configuration = await control.configuration()
    let late = await control.late()
    let identifier = stream.identifier(position.sequence)
    let event = EventEncoder.Event("snapshot", id: identifier) { audience in
      [
        "timestamp": .string(timestamp),
        "started": .string(String(stream.startedMilliseconds)),
        "users": .array(reading.value.map(Documents.user)),
        "servers": .array(servers.map { Documents.server($0, for: audience) }),
        "stats": Documents.statistics(reading.value),
        "database": Documents.database(database, for: audience),
        "configuration": Documents.configuration(configuration, for: audience),
        "late": .array(late.map(JSON.string)),
        "stale_seconds": reading.staleSeconds.map { .number($0) } ?? .null,
      ]
    }
    return Snapshot(event: event, position: position)
  }
}
