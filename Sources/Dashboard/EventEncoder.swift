import NIOCore
import Points

/// Writes events in the format of Server-Sent Events.
///
/// Source: WHATWG HTML, section "Server-sent events". JSON without line breaks is one `data` line.
enum EventEncoder {
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

  /// Name and data of what happened.
  static func event(_ event: PointsEvent, timestamp: DateTimeStamp) -> (name: String, data: JSON) {
    switch event {
    case .points(let rows):
      (
        "users",
        [
          "timestamp": .string(timestamp.description), "users": .array(rows.map(Documents.user)),
        ]
      )
    case .server(let status): ("server", Documents.server(status))
    case .servers(let servers):
      ("servers", ["servers": .array(servers.map(Documents.server))])
    case .configuration(let condition):
      ("configuration", Documents.configuration(condition))
    case .database(let condition): ("database", Documents.database(condition))
    case .restored: ("resync", [:])
    case .late(let users): ("late", ["users": .array(users.map(JSON.string))])
    }
  }
}
