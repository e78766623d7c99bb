import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import Synchronization

/// A connection on its way from the listener that accepted it to the task that serves it.
///
/// A listener that ends drops those on their way, and NIO ends the process when it meets a
/// connection that nobody closed: one that is dropped is closed here.
final class AcceptedConnection: ServerChildChannelValue {
  typealias Parts = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

  private let parts: Parts
  private let isTaken = Mutex(false)

  init(_ parts: Parts) {
    self.parts = parts
  }

  var channel: any Channel { parts.channel }

  /// The connection, for the one who closes it.
  func take() -> Parts {
    isTaken.withLock { $0 = true }
    return parts
  }

  deinit {
    guard !isTaken.withLock({ $0 }) else { return }
    // An error says that it is closed already.
    Task { [parts] in try? await parts.executeThenClose { _, _ in } }
  }
}
