import NIOCore
import NIOPosix
import Synchronization

/// A user's TCP server that answers as a test says.
final class ScriptedServer: Sendable {
  enum Step: Sendable {
    case say(String)
    case sayAndClose(String)
    case close
    case keepSilent
  }

  private let channel: any Channel
  private let clients: Clients
  private let connections = Counter()

  private final class Counter: Sendable {
    let value = Mutex(0)
    func next() -> Int {
      value.withLock {
        $0 += 1
        return $0
      }
    }
  }

  /// - Parameter step: what to do about a request of a connection, both counted from 1.
  init(
    port: Int = 0,
    step: @escaping @Sendable (_ request: String, _ connection: Int, _ number: Int) -> Step
  ) async throws {
    let connections = connections
    let clients = Clients()
    self.clients = clients
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        clients.add(channel)
        let connection = connections.next()
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Handler { request, number in step(request, connection, number) })
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
  }

  var port: Int { channel.localAddress?.port ?? 0 }

  /// Ends it with all its connections.
  func stop() async throws {
    try await channel.close()
    for connection in clients.withLock({ $0 }) {
      // One that the client closed before is no fault.
      try? await connection.close()
    }
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let step: (String, Int) -> Step
    private var pending = ""
    private var number = 0

    init(step: @escaping (String, Int) -> Step) {
      self.step = step
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      pending += String(buffer: unwrapInboundIn(data))
      while let end = pending.firstIndex(of: "\n") {
        let request = String(pending[..<end])
        pending = String(pending[pending.index(after: end)...])
        number += 1
        switch step(request, number) {
        case .say(let text): say(text, context)
        case .sayAndClose(let text):
          say(text, context)
          context.close(promise: nil)
        case .close: context.close(promise: nil)
        case .keepSilent: break
        }
      }
    }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
  }
}
