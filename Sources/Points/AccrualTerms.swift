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

  /// `10 points every 30 s`.
  public var words: String {
    let isWhole = intervalMilliseconds.isMultiple(of: 1000)
    let seconds =
      isWhole ? "\(intervalMilliseconds / 1000)" : "\(Double(intervalMilliseconds) / 1000)"
    return "\(points) \(points == 1 ? "point" : "points") every \(seconds) s"
  }

  /// Whether points and interval are such that every sum over slots can be computed.
  public var arePossible: Bool {
    (1...1_000_000).contains(points) && (1...86_400_000).contains(intervalMilliseconds)
  }
}
