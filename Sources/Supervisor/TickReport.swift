import Points

/// What a ticker tells after each try.
public enum TickReport: Sendable {
  case done(TickOutcome)
  /// The database could not be asked; the ticker tries again by itself.
  case away(String)
}
