import Synchronization

/// Bounds how fast tokens and login codes can be guessed.
///
/// A wrong one is answered after `delay`, whatever it is. Of one peer address `limit` wrong ones
/// are looked at within `window`, of all addresses together `totalLimit`; further credentials are
/// not looked at, right or wrong, so that the answer says nothing of them. A failure counts for the
/// whole window even when its client has left. Sessions cannot be guessed and never pass here.
final class LoginRateLimiter: Sendable {
  static let delay = Duration.seconds(1)
  static let window: Int64 = 1_000_000_000
  static let limit = 30
  static let totalLimit = 1000

  private let failures = Mutex<[(peer: String, atNanoseconds: Int64)]>([])

  /// Whether a credential of this peer may be looked at now.
  func mayTry(_ peer: String, nowNanoseconds: Int64) -> Bool {
    failures.withLock { failures in
      let old = failures.prefix { $0.atNanoseconds <= nowNanoseconds - Self.window }.count
      failures.removeFirst(old)
      return failures.count < Self.totalLimit
        && failures.count { $0.peer == peer } < Self.limit
    }
  }

  /// Counts a wrong credential.
  func noteFailure(_ peer: String, nowNanoseconds: Int64) {
    failures.withLock { $0.append((peer, nowNanoseconds)) }
  }

  /// What counts as one peer.
  static func key(_ host: Host?) -> String { host?.network ?? "unknown" }
}
