/// What happened, broadcast to subscribers: the dashboard, the log, watching TCP clients.
public enum PointsEvent: Sendable, Hashable {
  /// These users' rows changed, by a tick, a change or a hand edit.
  case points([PointsRow])
  /// A server's state changed.
  case server(ServerStatus)
  /// Users came or went: all servers, in the order of the configuration.
  case servers([ServerStatus])
  /// A reload went through or was refused.
  case configuration(ConfigurationCondition)
  /// The database went away or came back.
  case database(DatabaseCondition)
  /// The ledger was replaced by a restore: subscribers begin again with a snapshot.
  case restored
  /// The users whose ticks are late, all of them; empty when nobody is late any more.
  case late([String])
  /// Everything, for those who begin: as it is behind the events before this one, and before those
  /// after it.
  case snapshot(StateSnapshot)
}

/// What is known of everything at one moment.
public struct StateSnapshot: Sendable, Hashable {
  /// Of the users that have one, by name.
  public let rows: [PointsRow]
  /// The age of the rows in seconds while the database does not answer; nil while it does.
  public let staleSeconds: Int?
  public let servers: [ServerStatus]
  public let database: DatabaseCondition
  public let configuration: ConfigurationCondition
  public let late: [String]

  public init(
    rows: [PointsRow], staleSeconds: Int?, servers: [ServerStatus], database: DatabaseCondition,
    configuration: ConfigurationCondition, late: [String]
  ) {
    self.rows = rows
    self.staleSeconds = staleSeconds
    self.servers = servers
    self.database = database
    self.configuration = configuration
    self.late = late
  }
}

/// Whether the database answers.
public enum DatabaseCondition: Sendable, Hashable {
  case available(since: DateTimeStamp)
  case away(since: DateTimeStamp, reason: String)
}
