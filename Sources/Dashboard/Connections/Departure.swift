import NIOCore
import Synchronization

/// That the client of a connection has left: what was made for it alone can end.
///
/// A closed connection is seen without writing to it. A client that ends only its own side counts as
/// gone too: from here the two look alike.
final class Departure: Sendable {
  private struct State {
    var isGone = false
    var actions: [Int: @Sendable () -> Void] = [:]
    var next = 0
  }

  private let state = Mutex(State())
  /// Of the connections that are open, by their channel.
  private static let known = Mutex<[ObjectIdentifier: Departure]>([:])

  /// That of a connection; nil where nobody looks, as in tests without sockets.
  static func of(_ channel: any Channel) -> Departure? {
    known.withLock { $0[ObjectIdentifier(channel)] }
  }

  /// Calls `action` once when the client leaves, at once if it has left already; on any thread.
  /// - Returns: takes the action back.
  func whenGone(_ action: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    let number = state.withLock { state -> Int? in
      guard !state.isGone else { return nil }
      defer { state.next += 1 }
      state.actions[state.next] = action
      return state.next
    }
    guard let number else {
      action()
      return {}
    }
    return { [weak self] in self?.state.withLock { _ = $0.actions.removeValue(forKey: number) } }
  }

  private func happened() {
    let actions = state.withLock { state in
      state.isGone = true
      defer { state.actions = [:] }
      return Array(state.actions.values)
    }
    for action in actions { action() }
  }

  /// Watches one connection.
  final class Handler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let departure = Departure()

    func handlerAdded(context: ChannelHandlerContext) {
      let channel = ObjectIdentifier(context.channel)
      Departure.known.withLock { $0[channel] = departure }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
      let channel = ObjectIdentifier(context.channel)
      Departure.known.withLock { _ = $0.removeValue(forKey: channel) }
      departure.happened()
    }

    func channelInactive(context: ChannelHandlerContext) {
      departure.happened()
      context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case .inputClosed? = event as? ChannelEvent { departure.happened() }
      context.fireUserInboundEventTriggered(event)
    }
  }
}
