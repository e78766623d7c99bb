import Hummingbird
import NIOCore
import NIOHTTP1

/// Says in the API's form what is wrong with bytes that are no HTTP: the library answers them with
/// status 400 and no body, and closes.
///
/// Stands next to the HTTP/1 codec.
final class MalformedRequestHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private var isMalformed = false

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError { isMalformed = true }
    context.fireErrorCaught(error)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard isMalformed, case .head(var head) = unwrapOutboundIn(data), head.status == .badRequest,
      head.headers[canonicalForm: "content-length"] == ["0"]
    else { return context.write(data, promise: promise) }
    let body = ByteBuffer(bytes: APIError.notHTTP.json.encoded)
    head.headers.replaceOrAdd(name: "content-length", value: "\(body.readableBytes)")
    head.headers.replaceOrAdd(name: "content-type", value: Response.jsonType)
    context.write(wrapOutboundOut(.head(head)), promise: promise)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
  }
}
