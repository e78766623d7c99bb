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
}

/// Whether the database answers.
public enum DatabaseCondition: Sendable, Hashable {
  case available(since: DateTimeStamp)
  case away(since: DateTimeStamp, reason: String)
}
