/// Why the ledger did not do what was asked, and what is known of it; each says what an operator
/// needs.
public enum LedgerError: Error, Sendable, Hashable {
  /// Nothing was changed, and the same may go through later: the database is away, or refuses for a
  /// reason that passes by itself. HTTP 503.
  case unavailable(String)
  /// Nothing was changed: another transaction holds a lock. HTTP 503.
  case locked(String)
  /// The change may have been made, or not; `operation` is its id. HTTP 504.
  case unknown(operation: String, reason: String)
  /// The change was refused by a rule, such as points below 0. HTTP 409.
  case refused(String)
  /// There is no such user. HTTP 404.
  case unknownUser(String)
  /// The client used this idempotency key for another change. HTTP 422.
  case keyReused(String)
  /// The database refused for a reason that another try does not change; nothing was changed.
  /// HTTP 503.
  case failed(String)
}

extension LedgerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unavailable(let reason): "database unavailable: \(reason)"
    case .locked(let reason), .refused(let reason), .failed(let reason): reason
    case .unknown(let operation, let reason):
      "it is not known yet whether operation \(operation) was carried out: \(reason)"
    case .unknownUser(let name): "no user named \(name)"
    case .keyReused(let key): "the key \(key) was used for another change"
    }
  }

  /// Why, for a place that says itself that the database is unavailable.
  public var reason: String {
    if case .unavailable(let reason) = self { reason } else { description }
  }
}
