import NIOCore
import NIOPosix

/// One connection of a benchmark: asks, waits for the answer, asks again.
final class BenchClient: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let result: Shared<BenchResult>
  private let deadline: NIODeadline
  private let question: ByteBuffer
  private var asked = NIODeadline.uptimeNanoseconds(0)
  private var answer = ByteBuffer()
  private var isOver = false

  init(result: Shared<BenchResult>, deadline: NIODeadline) {
    self.result = result
    self.deadline = deadline
    self.question = ByteBuffer(string: "get_data\n")
  }

  func channelActive(context: ChannelHandlerContext) { ask(context) }

  private func ask(_ context: ChannelHandlerContext) {
    asked = .now()
    context.writeAndFlush(wrapOutboundOut(question), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var piece = unwrapInboundIn(data)
    answer.writeBuffer(&piece)
    guard answer.readableBytesView.last == UInt8(ascii: "\n") else { return }
    let now = NIODeadline.now()
    let text = String(buffer: answer)
    let microseconds = Int((now - asked).nanoseconds / 1000)
    result.withLock { $0.add(text, microseconds: microseconds) }
    answer.clear()
    if now < deadline { return ask(context) }
    isOver = true
    context.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end("\(error)", context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end("the server closed the connection", context)
  }

  private func end(_ reason: String, _ context: ChannelHandlerContext) {
    guard !isOver else { return }
    isOver = true
    result.withLock { $0.fail(reason) }
    context.close(promise: nil)
  }
}
