import MariaDB
import Points

/// What reads much of the ledger. Of each kind only so many are under way at a time.
enum Report: Hashable {
  case verify
  case longHistory

  fileprivate var limit: Int {
    switch self {
    case .verify: 1
    case .longHistory: 2
    }
  }

  fileprivate var refusal: String {
    switch self {
    case .verify: "a verify is under way already; try again when it is done"
    case .longHistory: "two long histories are being read already; try again when one is done"
    }
  }
}

extension Ledger {
  /// The connections that `reportPool` needs.
  public static let reportConnections = 3
  /// How long a statement of a report may take, in seconds.
  static let reportDeadline = 30

  /// What the connections of `reportPool` need: time.
  public static func reportSettings(_ settings: ConnectionSettings) -> ConnectionSettings {
    var settings = settings
    settings.readTimeoutSeconds = reportDeadline + 2
    settings.statementTimeoutSeconds = reportDeadline
    return settings
  }

  /// Reads in one snapshot. Ends with the task: what the server does for it is cut off.
  ///
  /// Throws `LedgerError.unavailable` when too many of the kind are under way.
  func report<Result: Sendable>(
    _ kind: Report, _ what: String, _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws -> Result {
    guard reports[kind, default: 0] < kind.limit else {
      throw LedgerError.unavailable(kind.refusal)
    }
    reports[kind, default: 0] += 1
    defer { reports[kind, default: 0] -= 1 }
    return try await translated(what) {
      do {
        return try await snapshot(body)
      } catch let error as DatabaseError where error.code == Self.goneAway {
        // The connection was idle while the server went; the next one is new.
        return try await snapshot(body)
      }
    }
  }

  /// CR_SERVER_GONE_ERROR: nothing could be sent.
  private static let goneAway = 2006

  private func snapshot<Result: Sendable>(
    _ body: @escaping @Sendable (Session) throws -> Result
  ) async throws -> Result {
    try await reportPool.withInterruptibleConnection { try await $0.transaction(.snapshot, body) }
  }
}
