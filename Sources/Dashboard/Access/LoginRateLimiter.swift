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

  /// What counts as one peer: an IPv4 address, or the 64 bits of an IPv6 address that one household
  /// or one machine has to itself.
  static func key(_ host: Host?) -> String {
    guard let name = host?.name else { return "unknown" }
    guard name.contains(":") else { return name }
    return name.prefix64
  }
}

extension String {
  /// The first half of an IPv6 address in text, with its zeros written out.
  fileprivate var prefix64: String {
    let halves = split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
    var groups = halves[0].split(separator: ":").map(String.init)
    if halves.count > 1 {
      let behind = halves[1].split(separator: ":").count
      groups += Array(repeating: "0", count: max(0, 8 - groups.count - behind))
      groups += halves[1].split(separator: ":").map(String.init)
    }
    return groups.prefix(4).joined(separator: ":") + "::/64"
  }
}
