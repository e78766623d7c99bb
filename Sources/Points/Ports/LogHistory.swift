/// One line of the daemon's log.
public struct LogEntry: Sendable, Hashable {
  /// Rises by one with each entry of the process, from 1.
  public let sequence: Int
  public let time: DateTimeStamp
  /// A level of swift-log, such as `info`.
  public let level: String
  public let message: String
  /// What the entry is about, where it is about one user.
  public let user: String?
  public let server: String?
  /// The kind of what happened, such as `update`.
  public let event: String?

  public init(
    sequence: Int, time: DateTimeStamp, level: String, message: String, user: String?,
    server: String?, event: String?
  ) {
    self.sequence = sequence
    self.time = time
    self.level = level
    self.message = message
    self.user = user
    self.server = server
    self.event = event
  }
}

/// A stream of log entries, and how it is ended.
public struct LogFollowing: Sendable {
  public let entries: AsyncStream<LogEntry>
  /// Ends the stream; may be called at any time, from any thread.
  public let end: @Sendable () -> Void

  public init(entries: AsyncStream<LogEntry>, end: @escaping @Sendable () -> Void) {
    self.entries = entries
    self.end = end
  }
}

/// The newest entries of the daemon's log, for those who ask over the API.
public protocol LogHistory: Sendable {
  /// The entries kept that came after the one of this number, oldest first.
  func entries(after sequence: Int) -> [LogEntry]

  /// Entries from now on; one who falls behind by 1,024 loses the stream.
  func follow() -> LogFollowing

  /// Ends all streams, at the daemon's stop.
  func endFollowers()
}
