/// Keeps older findings from replacing newer ones: of two reads that overlap in time nobody knows
/// which is the newer, so the one that ends last counts only if the other had ended before it began.
struct ObservationOrder: Sendable {
  private var begun = 0
  private var latestAccepted = 0

  /// A read begins.
  /// - Returns: its token.
  mutating func begin() -> Int {
    begun += 1
    return begun
  }

  /// Whether what a read found is newer than everything accepted before.
  mutating func accept(_ token: Int) -> Bool {
    guard token > latestAccepted else { return false }
    latestAccepted = begun
    return true
  }
}
