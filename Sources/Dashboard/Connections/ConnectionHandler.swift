import HTTPTypes
import NIOCore
import NIOHTTP1

/// One HTTP connection under its limits: says to its share what it does, ends requests and
/// responses that take too long, and closes behind a response where that is due.
///
/// Stands between the HTTP/1 codec and everything that no longer knows the protocol's version.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// What a connection may use up.
  struct Limits: Sendable {
    /// A request, from its first byte to its last, in time.
    var request = TimeAmount.seconds(30)
    /// Whether that holds from the first byte on, or from the newest: over the control socket come
    /// backups of any length.
    var boundsWholeRequest = true
    /// For how long a peer may take nothing of what waits for it.
    var unread = TimeAmount.seconds(30)
    /// After how much of that its connection makes room for another when there is none; nil: never.
    var stalled: TimeAmount? = .seconds(1)
    /// Requests that may wait for their answers; a peer that sends more is closed after these.
    var pipelined = 16
    /// A request that announces a longer body is refused without reading it.
    var body: Int?
    /// How long the peer has to read the last response.
    var linger = TimeAmount.seconds(5)
  }

  /// A request whose answer has not ended.
  private struct Exchange {
    let isHTTP10: Bool
    let isHead: Bool
    let keepsAlive: Bool
    var awaitsContinue: Bool
    var closes: Bool
  }

  private let limits: Limits
  private let note: (ConnectionShares.Activity) -> Void
  private var exchanges = CircularBuffer<Exchange>()
  private var activity = ConnectionShares.Activity.arriving
  /// A request has begun and not ended.
  private var isReceiving = false
  /// Nothing more is read: the connection closes after the answers that are due.
  private var isEnding = false
  /// The last response was written: nothing may follow it, though more requests were taken in, and
  /// though the end of our side waits until the peer has taken what is unsent.
  private var hasEndedOutput = false
  private var requestDeadline: NIODeadline?
  private var unreadDeadline: NIODeadline?
  private var stallDeadline: NIODeadline?
  /// The peer has taken nothing for so long.
  private var isStalled = false
  private var lingerDeadline: NIODeadline?
  private var alarm: (due: NIODeadline, scheduled: Scheduled<Void>)?

  /// - Parameter note: called when the connection does something else.
  init(limits: Limits, note: @escaping (ConnectionShares.Activity) -> Void) {
    self.limits = limits
    self.note = note
  }

  func channelActive(context: ChannelHandlerContext) {
    update(context)
    context.fireChannelActive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    alarm?.scheduled.cancel()
    alarm = nil
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isEnding else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      guard exchanges.count < limits.pipelined else { return endBehindAnswers() }
      begin(head, context)
    case .body: break
    case .end: receptionEnded()
    }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // Bytes that made no part yet are the beginning of a head.
    if exchanges.isEmpty, !isEnding { isReceiving = true }
    if isReceiving, requestDeadline == nil || !limits.boundsWholeRequest {
      requestDeadline = context.eventLoop.now + limits.request
    }
    update(context)
    context.fireChannelReadComplete()
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let options = head.headers[canonicalForm: "connection"].map { $0.lowercased() }
    let isHTTP10 = head.version == .http1_0
    isReceiving = true
    exchanges.append(
      Exchange(
        isHTTP10: isHTTP10, isHead: head.method == .HEAD,
        keepsAlive: options.contains("keep-alive"),
        awaitsContinue: !isHTTP10 && awaitsContinue(head.headers),
        closes: options.contains("close")))
    sendContinue(context)
  }

  /// Whether the client waits for permission to send a body that may be sent.
  private func awaitsContinue(_ headers: HTTPHeaders) -> Bool {
    guard headers.first(name: "expect")?.lowercased() == "100-continue" else { return false }
    guard let limit = limits.body, let length = headers.first(name: "content-length") else {
      return true
    }
    return Int(length).map { $0 <= limit } ?? false
  }

  /// Permits the body of the request that is answered next.
  private func sendContinue(_ context: ChannelHandlerContext) {
    guard exchanges.first?.awaitsContinue == true else { return }
    exchanges[exchanges.startIndex].awaitsContinue = false
    let head = HTTPResponseHead(version: .http1_1, status: .continue)
    context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
  }

  private func receptionEnded() {
    isReceiving = false
    requestDeadline = nil
  }

  private func endBehindAnswers() {
    isEnding = true
    receptionEnded()
    exchanges[exchanges.index(before: exchanges.endIndex)].closes = true
  }

  // MARK: Responses

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !hasEndedOutput else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(var head) where head.status.code >= 200:
      frame(&head)
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .end:
      let closes = exchanges.popFirst()?.closes ?? true
      if closes {
        context.writeAndFlush(data, promise: promise)
        close(context)
      } else {
        context.write(data, promise: promise)
        sendContinue(context)
      }
      update(context)
    case .head, .body: context.write(data, promise: promise)
    }
  }

  /// Gives the response the version of its request, and decides whether the connection goes on.
  ///
  /// Source: RFC 9112, sections 6.3 and 9.3: chunks are unknown to HTTP/1.0, where a body without
  /// a length ends with the connection.
  private func frame(_ head: inout HTTPResponseHead) {
    guard var exchange = exchanges.first else { return }
    let options = head.headers[canonicalForm: "connection"].map { $0.lowercased() }
    if options.contains("close") { exchange.closes = true }
    if exchange.isHTTP10 {
      head.version = .http1_0
      let hasLength =
        head.headers.contains(name: "content-length") || exchange.isHead
        || !head.status.mayHaveResponseBody
      if !exchange.keepsAlive || !hasLength { exchange.closes = true }
      if !exchange.closes { head.headers.replaceOrAdd(name: "connection", value: "keep-alive") }
    }
    if exchange.closes { head.headers.replaceOrAdd(name: "connection", value: "close") }
    exchanges[exchanges.startIndex] = exchange
  }

  /// Ends our side first and, when all is written, the connection a little later, so that the peer
  /// gets to read the response although not all that it sent was read.
  private func close(_ context: ChannelHandlerContext) {
    isEnding = true
    hasEndedOutput = true
    receptionEnded()
    let written = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    written.futureResult.whenComplete { _ in
      let (handler, context) = bound.value
      handler.lingerDeadline = context.eventLoop.now + handler.limits.linger
      handler.setAlarm(context)
    }
    context.close(mode: .output, promise: written)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let blocked = context.channel.isWritable ? nil : context.eventLoop.now
    unreadDeadline = blocked.map { $0 + limits.unread }
    stallDeadline = limits.stalled.flatMap { limit in blocked.map { $0 + limit } }
    isStalled = false
    update(context)
    context.fireChannelWritabilityChanged()
  }

  // MARK: Activity and time

  private func update(_ context: ChannelHandlerContext) {
    let present: ConnectionShares.Activity =
      isReceiving
      ? .receiving : exchanges.isEmpty ? .idle : isStalled ? .stalled : .answering
    if present != activity {
      activity = present
      note(present)
    }
    setAlarm(context)
  }

  /// One alarm at a time: it looks what is due when it rings. An earlier deadline replaces it.
  private func setAlarm(_ context: ChannelHandlerContext) {
    guard context.channel.isActive,
      let next = (endings + [stallDeadline]).compactMap({ $0 }).min()
    else { return }
    if let alarm, alarm.due <= next { return }
    alarm?.scheduled.cancel()
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    let scheduled = context.eventLoop.scheduleTask(deadline: next) {
      let (handler, context) = bound.value
      handler.alarm = nil
      handler.ring(context)
    }
    alarm = (next, scheduled)
  }

  private func ring(_ context: ChannelHandlerContext) {
    let now = context.eventLoop.now
    if endings.contains(where: { $0.map { $0 <= now } ?? false }) {
      return context.close(promise: nil)
    }
    if let stallDeadline, stallDeadline <= now {
      self.stallDeadline = nil
      isStalled = true
    }
    update(context)
  }

  /// What ends the connection.
  private var endings: [NIODeadline?] { [requestDeadline, unreadDeadline, lingerDeadline] }
}
