import NIOCore
import Points

/// Writes events in the format of Server-Sent Events.
///
/// Source: WHATWG HTML, section "Server-sent events". JSON without line breaks is one `data` line.
enum EventEncoder {
  /// An event as each audience gets it; most events are the same for all and encoded once.
  struct Event: Sendable, Equatable {
    let everybody: ByteBuffer
    /// nil where it is the same.
    let permitted: ByteBuffer?

    /// One for all.
    init(_ event: ByteBuffer) {
      self.everybody = event
      self.permitted = nil
    }

    init(_ name: String, id: EventIdentifier? = nil, data: (Audience) -> JSON) {
      let everybody = data(.everybody)
      let permitted = data(.permitted)
      self.everybody = encode(name, everybody, id: id)
      self.permitted = permitted == everybody ? nil : encode(name, permitted, id: id)
    }

    func bytes(for audience: Audience) -> ByteBuffer {
      audience == .permitted ? permitted ?? everybody : everybody
    }

    /// Of both.
    var size: Int { everybody.readableBytes + (permitted?.readableBytes ?? 0) }
  }

  static func encode(_ name: String, _ data: JSON, id: EventIdentifier? = nil) -> ByteBuffer {
    var buffer = ByteBuffer()
    if let id { buffer.writeString("id: \(id)\n") }
    buffer.writeString("event: \(name)\ndata: ")
    buffer.writeBytes(data.encoded)
    buffer.writeString("\n\n")
    return buffer
  }

  /// How long a browser waits before it connects again, in milliseconds.
  static let retry = ByteBuffer(string: "retry: 1000\n\n")

  static let resync = encode("resync", [:])

  static func name(of event: PointsEvent) -> String {
    switch event {
    case .points: "users"
    case .server: "server"
    case .servers: "servers"
    case .configuration: "configuration"
    case .database: "database"
    case .restored: "resync"
    case .late: "late"
    case .snapshot: "snapshot"
    }
  }

  /// What happened, as an audience gets it.
  static func data(
    of event: PointsEvent, timestamp: DateTimeStamp, started: Int64 = 0, for audience: Audience
  ) -> JSON {
    switch event {
    case .points(let rows):
      [
        "timestamp": .string(timestamp.description),
        "users": Shapes.user.list(rows),
      ]
    case .server(let status): Shapes.serverEvent.json((status, audience))
    case .servers(let servers):
      ["servers": Shapes.serverEvent.list(servers.map { ($0, audience) })]
    case .configuration(let condition): Conditions.configuration(condition, for: audience)
    case .database(let condition): Conditions.database(condition, for: audience)
    case .restored: [:]
    case .late(let users): ["users": .array(users.map(JSON.string))]
    case .snapshot(let state):
      [
        "timestamp": .string(timestamp.description), "started": .string(String(started)),
        "users": Shapes.user.list(state.rows),
        "servers": Shapes.serverEvent.list(state.servers.map { ($0, audience) }),
        "stats": Shapes.statistics.json(state.rows),
        "database": Conditions.database(state.database, for: audience),
        "configuration": Conditions.configuration(state.configuration, for: audience),
        "late": .array(state.late.map(JSON.string)),
        "stale_seconds": state.staleSeconds.map { .number($0) } ?? .null,
      ]
    }
  }
}
