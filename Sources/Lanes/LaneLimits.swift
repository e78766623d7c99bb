/// What clients may use up, together.
public struct LaneLimits: Sendable, Hashable {
  /// Clients connected to one server at a time.
  public let connectionsPerServer: Int
  /// Clients connected to all servers at a time; the process's descriptor limit caps it.
  public let connections: Int
  /// After so many seconds without a byte a client is disconnected, watchers excepted; 0 is never.
  public let idleSeconds: Int

  public init(connectionsPerServer: Int = 10_000, connections: Int = 100_000, idleSeconds: Int = 0)
  {
    self.connectionsPerServer = connectionsPerServer
    self.connections = connections
    self.idleSeconds = idleSeconds
  }
}
