extension AccrualTerms {
  /// The slot a moment lies in: `unix_ms DIV interval_ms`.
  /// - Parameter milliseconds: since 1970-01-01 UTC, by the database's clock.
  public func slot(at milliseconds: Int64) -> Int64 {
    milliseconds.flooringDivide(by: intervalMilliseconds)
  }

  /// The largest number of slots of a gap that are credited; at least one, so that a longest catch-up
  /// shorter than the interval does not write everything off.
  public func creditableSlots(maximumCatchUpMilliseconds: Int64) -> Int64 {
    max(1, maximumCatchUpMilliseconds / intervalMilliseconds)
  }
}

/// A stretch of uninterrupted earning: worth `(last − first) × points`.
///
/// The boundaries it earned are those at the start of slots `first + 1` to `last`.
public struct Run: Sendable, Hashable {
  public var terms: AccrualTerms
  /// The slot it was opened in.
  public var first: Int64
  /// The slot it is credited up to.
  public var last: Int64

  public init(terms: AccrualTerms, first: Int64, last: Int64) {
    self.terms = terms
    self.first = first
    self.last = last
  }

  /// A run that has earned nothing yet and never pays a boundary twice.
  /// - Parameters:
  ///   - nowMilliseconds: the database's clock.
  ///   - latestEndMilliseconds: where the user's earlier runs end; nil without any. When the clock
  ///     was set back, the new run begins there.
  public init(
    opening terms: AccrualTerms, nowMilliseconds: Int64, latestEndMilliseconds: Int64?
  ) {
    let start = max(nowMilliseconds, latestEndMilliseconds ?? nowMilliseconds)
    let slot = terms.slot(at: start)
    self.init(terms: terms, first: slot, last: slot)
  }

  /// The last millisecond of the year 9999.
  private static let endOfTime: Int64 = 253_402_300_799_999

  /// Whether the slots are in order and in years of four digits.
  public var isPossible: Bool {
    0 <= first && first <= last && last <= Self.endOfTime / terms.intervalMilliseconds
  }

  /// The moment of the last credited boundary.
  public var endMilliseconds: Int64 { last * terms.intervalMilliseconds }

  /// What it has earned.
  public var earned: Int128 { Int128(last - first) * Int128(terms.points) }

  /// Whether a later run was paid for time that this one was paid for.
  public func overlaps(later: Run) -> Bool {
    last > first && later.last > later.first
      && (later.first + 1) * later.terms.intervalMilliseconds <= endMilliseconds
  }
}
