/// Why the ledger could not do what was asked; each says what an operator needs.
public enum LedgerError: Error, Sendable, Hashable {
  /// The database cannot be reached or did not answer; nothing was changed. HTTP 503.
  case unavailable(String)
  /// The change was refused by a rule, such as points below 0. HTTP 409.
  case refused(String)
  /// There is no such user. HTTP 404.
  case unknownUser(String)
  /// The database refused for a reason that another try does not mend. HTTP 500.
  case failed(String)
}

extension LedgerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unavailable(let reason): "database unavailable: \(reason)"
    case .refused(let reason): reason
    case .unknownUser(let name): "no user named \(name)"
    case .failed(let reason): reason
    }
  }
}
