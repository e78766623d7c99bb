/// What one ticker asks of the ledger.
public protocol TickStore: Sendable {
  /// Credits every open run of this interval with the slots that passed, by one write, and reads
  /// the changed rows and the database's time, by one read. Idempotent.
  ///
  /// Throws `LedgerError.unavailable` when the database is away.
  func tick(intervalMilliseconds: Int64) async throws -> TickOutcome
}

/// What one tick did.
public struct TickOutcome: Sendable, Hashable {
  /// Rows that changed, as they are now.
  public let rows: [PointsRow]
  /// Users that could not be credited, each with its reason.
  public let troubles: [String: String]
  /// The database's clock after the write, in milliseconds since 1970-01-01 UTC.
  public let databaseMilliseconds: Int64
  /// Gaps that were too long to be credited, one line each.
  public let notices: [String]
  /// Slots ended while the tick was at work, or rows were locked for a moment: the next tick is
  /// due at once.
  public let isUnfinished: Bool

  public init(
    rows: [PointsRow], troubles: [String: String], databaseMilliseconds: Int64,
    notices: [String], isUnfinished: Bool = false
  ) {
    self.rows = rows
    self.troubles = troubles
    self.databaseMilliseconds = databaseMilliseconds
    self.notices = notices
    self.isUnfinished = isUnfinished
  }
}

/// What a ticker tells after each try.
public enum TickReport: Sendable {
  case done(TickOutcome)
  /// The database could not be asked; the ticker tries again by itself.
  case away(String)
}
