/// Where a user's server stands.
public enum ServerState: String, Sendable, Hashable, CaseIterable {
  case stopped
  case starting
  case running
  case backingOff = "backing off"
  case failed
  /// Running, but asked to earn nothing.
  case paused
}

/// One entry of `GET /api/servers`.
public struct ServerStatus: Sendable, Hashable {
  /// The server's name, such as `server1`.
  public var name: String
  public var user: String
  /// The IPv4 or IPv6 address it listens on.
  public var address: String
  public var port: Int
  public var groups: [String]
  public var status: ServerState
  /// What was asked: running, paused or stopped.
  public var wanted: ServerState
  /// Why it stands where it stands, or why it was asked to; nil when there is nothing to say.
  public var reason: String?
  /// When it reached this state.
  public var since: DateTimeStamp
  /// Clients connected now.
  public var connections: Int
  /// Requests answered since the daemon started.
  public var requests: Int
  /// The last fault, kept after recovery.
  public var lastError: String?
  /// `reason` for readers without the right to change: no path, account or SQL; of what an operator
  /// asked only the free text. nil when nothing of it may be shown.
  public var publicReason: String?
  /// `lastError` for readers without the right to change.
  public var publicLastError: String?

  public init(
    name: String, user: String, address: String, port: Int, groups: [String], status: ServerState,
    wanted: ServerState, reason: String?, since: DateTimeStamp, connections: Int, requests: Int,
    lastError: String?, publicReason: String? = nil, publicLastError: String? = nil
  ) {
    self.name = name
    self.user = user
    self.address = address
    self.port = port
    self.groups = groups
    self.status = status
    self.wanted = wanted
    self.reason = reason
    self.since = since
    self.connections = connections
    self.requests = requests
    self.lastError = lastError
    self.publicReason = publicReason
    self.publicLastError = publicLastError
  }
}
