import Synchronization

/// `ServerPlaces` for all lanes: any of them may ask.
final class ConnectionQuota: Sendable {
  private let places: Mutex<ServerPlaces>
  /// Refused clients that may linger at a time, which take no place; they come out of the reserve.
  let refusals: Int

  init(_ places: ServerPlaces, refusals: Int) {
    self.places = Mutex(places)
    self.refusals = refusals
  }

  /// A server begins to listen; nil when no descriptors are left for it.
  func openServer() -> Int? { places.withLock { $0.openServer() } }

  /// The server's socket and its clients are gone.
  func closeServer(_ key: Int) { places.withLock { $0.closeServer(key) } }

  /// Takes a place for a client; false when there is none.
  func take(_ key: Int) -> Bool { places.withLock { $0.take(key) } }

  func giveBack(_ key: Int) { places.withLock { $0.giveBack(key) } }
}
