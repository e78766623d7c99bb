/// Says when memory is worth giving back to the system: after a crowd has left.
///
/// malloc keeps what thousands of connections used, in pieces all over its arenas; measured, 4,200
/// clients that never read left 120 MB behind, and a tenth of that after malloc_trim(3).
struct MemoryReturn {
  /// Connections below which it is not worth it.
  private static let crowd = 200
  /// The most connections since memory was given back.
  private var peak = 0

  /// - Parameter connections: how many there are now.
  /// - Returns: whether memory should be given back now.
  mutating func isDue(_ connections: Int) -> Bool {
    peak = max(peak, connections)
    guard peak >= Self.crowd, connections <= peak / 8 else { return false }
    peak = connections
    return true
  }
}
