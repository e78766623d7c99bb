/// The `id` of an event: the daemon's start, so that an id of an earlier daemon is known as such,
/// and a number that rises by one.
struct EventIdentifier: Sendable, Hashable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01 UTC.
  let startedMilliseconds: Int64
  let sequence: Int64

  init(startedMilliseconds: Int64, sequence: Int64) {
    self.startedMilliseconds = startedMilliseconds
    self.sequence = sequence
  }

  /// Reads `<start>-<sequence>`; nil for all else.
  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let start = Int64(parts[0]), let sequence = Int64(parts[1]) else {
      return nil
    }
    self.init(startedMilliseconds: start, sequence: sequence)
  }

  var description: String { "\(startedMilliseconds)-\(sequence)" }
}
