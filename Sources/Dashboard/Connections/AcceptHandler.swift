import Glibc
import HummingbirdCore
import Logging
import NIOCore
import SystemPackage

/// Accepts connections of a listening socket while its share has room, one at a time, and not at
/// all for a moment when the system has no descriptor: the socket stays readable then, and NIO
/// would try again without a pause.
///
/// The only one that asks for the next connection: `AcceptedByHandler` swallows the others' wishes.
final class AcceptHandler: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never
  typealias OutboundOut = Never

  /// How long nothing is accepted after the system refused.
  private static let pause = TimeAmount.milliseconds(100)
  /// Bytes in the kernel for each direction of a TCP connection; the system doubles it.
  private static let bufferSize: SocketOptionValue = 64 * 1024

  private let shares: ConnectionShares
  private let share: ConnectionShares.Share
  private let logger: Logger
  private var isPaused = false
  private var warned: NIODeadline?

  init(shares: ConnectionShares, share: ConnectionShares.Share, logger: Logger) {
    self.shares = shares
    self.share = share
    self.logger = logger
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let options = context.channel.syncOptions
    // Refused options leave the system's own sizes.
    try? options?.setOption(.maxMessagesPerRead, value: 1)
    if share == .http {
      for option in [NIOBSDSocket.Option.so_sndbuf, .so_rcvbuf] {
        try? options?.setOption(
          ChannelOptions.Types.SocketOption(level: .socket, name: option), value: Self.bufferSize)
      }
    }
    acceptNext(context)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    isPaused = true
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let client = unwrapInboundIn(data)
    guard shares.admit(client, to: share) else { return client.close(promise: nil) }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    acceptNext(context)
    context.fireChannelReadComplete()
  }

  /// What lacks is not the listening socket's fault: it is kept from those who would close it.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let fault = error as? IOError,
      [EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED].contains(fault.errnoCode)
    else { return context.fireErrorCaught(error) }
    guard fault.errnoCode != ECONNABORTED, !isPaused else { return }
    isPaused = true
    warn(fault, now: context.eventLoop.now)
    // The option is what takes the socket out of the epoll set.
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.pause) {
      let (handler, context) = bound.value
      guard context.channel.isActive else { return }
      handler.isPaused = false
      try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }

  private func warn(_ fault: IOError, now: NIODeadline) {
    if let warned, now < warned + .minutes(1) { return }
    warned = now
    logger.warning(
      """
      accepting HTTP connections waits: \(Errno(rawValue: fault.errnoCode)); raise the limit of \
      open files (LimitNOFILE, ulimit -n)
      """, metadata: ["event": "descriptors"])
  }

  private func acceptNext(_ context: ChannelHandlerContext) {
    guard !isPaused else { return }
    let loop = context.eventLoop
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
    let hasRoom = shares.hasRoom(in: share) {
      loop.execute { bound.value.handler.acceptNext(bound.value.context) }
    }
    if hasRoom { context.read() }
  }
}

/// Leaves it to `AcceptHandler` when the next connection is accepted.
struct AcceptedByHandler: AvailableConnectionsDelegate {
  mutating func connectionOpened() {}
  mutating func connectionClosed() {}
  func isAcceptingNewConnections() -> Bool { false }
}
