/// What a TCP listener is to serve.
public struct ListenerSpecification: Sendable, Hashable {
  /// The user whose points are answered.
  public let user: String
  /// The server's name, for log and errors.
  public let server: String
  /// An IPv4 or IPv6 address in text.
  public let address: String
  /// 1 to 65535; 0 lets the kernel choose (tests).
  public let port: Int

  public init(user: String, server: String, address: String, port: Int) {
    self.user = user
    self.server = server
    self.address = address
    self.port = port
  }
}

/// Why a listener could not be opened.
public struct ListenerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What failed, on what, and what to do, in one line.
  public let reason: String
  /// Whether the same call may succeed later without anybody changing the configuration.
  public let retryable: Bool

  public init(reason: String, retryable: Bool) {
    self.reason = reason
    self.retryable = retryable
  }

  public var description: String { reason }
}

/// An open listener and its connections.
public protocol OpenListener: Sendable {
  /// The port it is bound to.
  var port: Int { get }
  /// Clients connected now.
  var connections: Int { get }
  /// Requests answered since it was opened.
  var requests: Int { get }
  /// Those connected now, in no order.
  func clients() async -> [ConnectedClient.Activity]
  /// Stops accepting; clients get what they are owed, then the close. Returns when all are closed.
  func close() async
}

/// The place where listeners live: what the supervisor asks of the lanes.
public protocol ListenerProvider: Sendable {
  /// Opens a listener; throws `ListenerError`.
  /// - Parameter onFault: called once, on any thread, when the listener stops working by itself.
  func open(
    _ specification: ListenerSpecification, onFault: @escaping @Sendable (String) -> Void
  ) async throws -> any OpenListener

  /// Whether a listener could be opened now: throws `ListenerError` when not, opens nothing.
  func check(_ specification: ListenerSpecification) async throws

  /// Sends rows that changed to watching clients, and keeps them as the last known values.
  func publish(_ rows: [PointsRow])
}
