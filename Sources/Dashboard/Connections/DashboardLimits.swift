/// How many connections the HTTP service may hold: its shares of the descriptors.
public struct DashboardLimits: Sendable, Hashable {
  /// HTTP connections over TCP.
  public var http: Int
  /// Streams, `/api/events` and followed logs, however they came in.
  public var events: Int
  /// Connections to the control socket.
  public var control: Int

  /// - Parameters: each at least 2; the default is for tests and many descriptors.
  public init(http: Int = 4096, events: Int = 2048, control: Int = 256) {
    self.http = http
    self.events = events
    self.control = control
  }

  subscript(share: ConnectionShares.Share) -> Int {
    switch share {
    case .http: http
    case .events: events
    case .control: control
    }
  }
}
