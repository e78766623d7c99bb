import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix

/// HTTP/1 over one accepted connection, bounded in time and memory.
struct LimitedHTTPChannel: HTTPChannelHandler {
  typealias Value = AcceptedConnection

  let responder: HTTPChannelHandler.Responder
  let shares: ConnectionShares
  let limits: ConnectionHandler.Limits
  /// Whether what is read at a time and kept unsent is bounded tightly: over TCP anybody comes.
  let isPublic: Bool

  /// A connection without a request is closed after this time.
  private static let idleTimeout = Duration.seconds(75)
  /// Bytes read at a time over TCP, which bounds the requests that arrive at once.
  private static let readSize = 4096
  /// Bytes that wait to be sent before the writer waits, and go on.
  private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(
    low: 16 * 1024, high: 32 * 1024)

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      if isPublic, let options = channel.syncOptions {
        try options.setOption(
          .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readSize))
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.writeBufferWaterMark, value: Self.waterMark)
      }
      var decoder = NIOHTTPDecoderLimitConfiguration()
      decoder.maxHeaderFieldSize = 16 * 1024
      decoder.maxHeaderListSize = 32 * 1024
      decoder.maxHeaderFieldCount = 100
      let pipeline = channel.pipeline.syncOperations
      try pipeline.configureHTTPServerPipeline(
        withPipeliningAssistance: false, withErrorHandling: false,
        withOutboundHeaderValidation: false, withEncoderConfiguration: .init(),
        withDecoderLimitConfiguration: decoder)
      try pipeline.addHandler(MalformedRequestHandler())
      try pipeline.addHandler(
        ConnectionHandler(limits: limits) { [shares] in shares.note(channel, $0) })
      try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
      try pipeline.addHandler(Departure.Handler())
      try pipeline.addHandler(
        HTTPConnectionStateHandler(idleTimeout: Self.idleTimeout, logger: logger))
      return AcceptedConnection(
        try NIOAsyncChannel(
          wrappingChannelSynchronously: channel,
          configuration: .init(isOutboundHalfClosureEnabled: true)))
    }
  }

  func handle(value: Value, logger: Logger) async {
    await handleHTTP(asyncChannel: value.take(), logger: logger)
  }
}
