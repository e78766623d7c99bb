/// What a user earns: so many points for every boundary between two slots.
///
/// A slot is `unix_ms DIV interval_ms` by the database's clock, in whole numbers.
public struct AccrualTerms: Sendable, Hashable {
  /// Points for each slot boundary, 1 to 1,000,000.
  public let points: Int64
  /// Length of a slot in milliseconds, 100 to 86,400,000.
  public let intervalMilliseconds: Int64

  public init(points: Int64, intervalMilliseconds: Int64) {
    self.points = points
    self.intervalMilliseconds = intervalMilliseconds
  }
}
