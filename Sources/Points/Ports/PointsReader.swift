/// Why rows could not be read.
public struct ReadFailure: Error, Sendable, Hashable {
  /// One line for the log and `/readyz`.
  public let reason: String

  public init(reason: String) {
    self.reason = reason
  }
}

/// The rows of a group of users, read in one query: what event lanes ask of the ledger.
public protocol PointsReader: Sendable {
  /// Reads the rows of `users` from the database, after this call was made.
  ///
  /// - Parameters:
  ///   - users: names without duplicates, at least one.
  ///   - deliver: called exactly once, on any thread but never before this call has returned to
  ///     the caller's queue, with the rows found, in any order. A user without a row is left out.
  ///     It does not return before the caller has taken them.
  func readRows(
    of users: [String],
    deliver: @escaping @Sendable (Result<[PointsRow], ReadFailure>) -> Void
  )
}
