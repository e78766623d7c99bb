import Synchronization

/// Codes that let a browser in, each good once and for ten minutes. They end with the daemon; what
/// they are exchanged for does not.
final class LoginLinks: Sendable {
  /// How long a code is good, in seconds.
  static let lifetimeSeconds: Int64 = 600
  /// The oldest code ends when there are more.
  static let limit = 100

  private struct Link {
    let code: [UInt8]
    let account: Account
    let endsAtNanoseconds: Int64
  }

  private let links = Mutex<[Link]>([])

  /// A new code of 256 random bits, in hexadecimal, for the account that asked for it.
  func make(for account: Account, nowNanoseconds: Int64) -> String {
    let code = SecretBytes.hexadecimal(SecretBytes.random())
    links.withLock { links in
      links.removeAll { $0.endsAtNanoseconds <= nowNanoseconds }
      if links.count >= Self.limit { links.removeFirst() }
      links.append(
        Link(
          code: Array(code.utf8), account: account,
          endsAtNanoseconds: nowNanoseconds + Self.lifetimeSeconds * 1_000_000_000))
    }
    return code
  }

  /// The account whose code this is, which is spent by it; nil when it is none, or no longer.
  func take(_ code: String, nowNanoseconds: Int64) -> Account? {
    let given = Array(code.utf8)
    return links.withLock { links in
      // All are compared, so that the time says nothing of their number or order.
      let found = links.indices.filter { SecretBytes.equal(links[$0].code, given) }
      guard let index = found.first else { return nil }
      let link = links.remove(at: index)
      return link.endsAtNanoseconds > nowNanoseconds ? link.account : nil
    }
  }

  func revokeAll() { links.withLock { $0 = [] } }
}
