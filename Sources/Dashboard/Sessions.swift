import Synchronization

/// Who logged in by the dashboard's login page: random identifiers in memory, which end with the
/// daemon.
final class Sessions: Sendable {
  /// How long a login lasts, in seconds.
  static let lifetime: Int64 = 12 * 3600
  /// The oldest login ends when there are more.
  static let limit = 100

  private struct Session {
    let identifier: [UInt8]
    let endsAtSeconds: Int64
  }

  private let sessions = Mutex<[Session]>([])

  /// Begins a session; the identifier has 256 random bits, in hexadecimal.
  func begin(nowSeconds: Int64) -> String {
    var generator = SystemRandomNumberGenerator()
    let identifier = (0..<4).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
    sessions.withLock { sessions in
      sessions.removeAll { $0.endsAtSeconds <= nowSeconds }
      if sessions.count >= Self.limit { sessions.removeFirst() }
      sessions.append(
        Session(identifier: Array(identifier.utf8), endsAtSeconds: nowSeconds + Self.lifetime))
    }
    return identifier
  }

  func isValid(_ identifier: String, nowSeconds: Int64) -> Bool {
    let bytes = Array(identifier.utf8)
    return sessions.withLock { sessions in
      sessions.contains {
        $0.endsAtSeconds > nowSeconds && ConstantTime.equal($0.identifier, bytes)
      }
    }
  }

  func end(_ identifier: String) {
    let bytes = Array(identifier.utf8)
    sessions.withLock { $0.removeAll { ConstantTime.equal($0.identifier, bytes) } }
  }
}

/// Holds up those who guess: a failed login is answered after a second, and few are waited for at a
/// time. Whoever has the token is not held up.
final class LoginBrake: Sendable {
  static let pause = Duration.seconds(1)
  static let limit = 5

  private let waiting = Mutex(0)

  /// Waits out a failure; false, at once, when too many wait already.
  func hold(_ time: DashboardTime) async throws -> Bool {
    let mayWait = waiting.withLock { waiting in
      guard waiting < Self.limit else { return false }
      waiting += 1
      return true
    }
    guard mayWait else { return false }
    defer { waiting.withLock { $0 -= 1 } }
    try await time.sleep(Self.pause)
    return true
  }
}
