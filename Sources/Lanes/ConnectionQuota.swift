import Synchronization

/// `ServerShares` for all lanes: any of them may ask.
final class ConnectionQuota: Sendable {
  private let shares: Mutex<ServerShares>
  /// Refused clients that may linger at a time, which are not counted; they come out of the reserve.
  let refusals: Int

  init(_ shares: ServerShares, refusals: Int) {
    self.shares = Mutex(shares)
    self.refusals = refusals
  }

  /// A server begins to listen; nil when no descriptors are left for it.
  func openServer() -> Int? { shares.withLock { $0.openServer() } }

  /// The server's socket and its clients are gone.
  func closeServer(_ key: Int) { shares.withLock { $0.closeServer(key) } }

  /// Takes a connection; false when there is none left.
  func take(_ key: Int) -> Bool { shares.withLock { $0.take(key) } }

  func giveBack(_ key: Int) { shares.withLock { $0.giveBack(key) } }
}
