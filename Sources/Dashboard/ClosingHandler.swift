import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends a connection behind a response that says `Connection: close`.
///
/// Needed where a request is refused before its body was read to the end: the rest of it must
/// neither be taken for the next request nor be read for ever. The own side is closed first and
/// the connection a little later, so that the peer still gets to read the refusal.
final class ClosingHandler: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How long the peer has to read the response.
  private static let linger = TimeAmount.seconds(1)
  private var closes = false

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head):
      closes = head.headerFields[.connection]?.lowercased() == "close"
      context.write(data, promise: promise)
    case .end where closes:
      context.writeAndFlush(data, promise: promise)
      context.close(mode: .output, promise: nil)
      let channel = context.channel
      context.eventLoop.scheduleTask(in: Self.linger) { channel.close(promise: nil) }
    case .body, .end:
      context.write(data, promise: promise)
    }
  }
}
