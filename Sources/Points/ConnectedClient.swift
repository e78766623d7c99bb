/// A TCP client that is connected to a user's server now.
public struct ConnectedClient: Sendable, Hashable {
  /// As the lane that serves it knows it: moments as how long they are past.
  public struct Activity: Sendable, Hashable {
    /// Address and port, such as `127.0.0.1:40312` or `[::1]:40312`.
    public let peer: String
    /// Since it connected.
    public let ageSeconds: Int64
    /// Requests that it made.
    public let requests: Int
    /// The latest of them, by its first name in the protocol; nil before the first.
    public let lastRequest: String?
    /// Since it came.
    public let lastRequestAgeSeconds: Int64?

    public init(
      peer: String, ageSeconds: Int64, requests: Int, lastRequest: String?,
      lastRequestAgeSeconds: Int64?
    ) {
      self.peer = peer
      self.ageSeconds = ageSeconds
      self.requests = requests
      self.lastRequest = lastRequest
      self.lastRequestAgeSeconds = lastRequestAgeSeconds
    }
  }

  public let user: String
  public let server: String
  public let peer: String
  public let since: DateTimeStamp
  public let requests: Int
  /// Such as `get_data`; nil before the first.
  public let lastRequest: String?
  public let lastRequestAt: DateTimeStamp?

  public init(
    user: String, server: String, peer: String, since: DateTimeStamp, requests: Int,
    lastRequest: String?, lastRequestAt: DateTimeStamp?
  ) {
    self.user = user
    self.server = server
    self.peer = peer
    self.since = since
    self.requests = requests
    self.lastRequest = lastRequest
    self.lastRequestAt = lastRequestAt
  }
}
