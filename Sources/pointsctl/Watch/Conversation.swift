import Glibc
import NIOCore
import NIOPosix
import SystemPackage

/// Why a connection ended, in words for the user.
struct WatchFault: Error, CustomStringConvertible {
  let description: String
}

/// One connection of the original's client: it asks every so often and prints each answer.
struct Conversation {
  let host: String
  let port: Int
  /// What is asked, without the end of the line.
  let request: String
  let every: Duration
  /// How long an answer may take.
  let answerTimeout: Duration = .seconds(5)
  /// Called with each line that arrives, in order.
  let answered: @Sendable (String) throws -> Void

  /// Connects, and asks until something goes wrong.
  /// - Throws: `WatchFault`, or what `answered` throws.
  func run(connected: () -> Void) async throws {
    let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    do {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(5))
        .channelOption(.socketOption(.so_keepalive), value: 1)
        .connect(host: host, port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try NIOAsyncChannel(wrappingChannelSynchronously: channel)
          }
        }
    } catch {
      throw WatchFault(description: "cannot connect to \(host):\(port): \(Self.reason(error))")
    }
    connected()
    do {
      try await channel.executeThenClose { inbound, outbound in
        try await converse(inbound, outbound)
      }
    } catch let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE {
      throw Self.closed
    } catch let error as IOError {
      let reason = Errno(rawValue: error.errnoCode).description
      throw WatchFault(description: "the connection broke: \(reason)")
    } catch let error where error is ChannelError || error is NIOAsyncWriterError {
      // It was closed before a question was on its way.
      throw Self.closed
    }
  }

  private static let closed = WatchFault(description: "the server closed the connection")

  private func converse(
    _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
    _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) async throws {
    let answers = Shared(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        var splitter = LineSplitter()
        for try await buffer in inbound {
          do {
            for line in try splitter.append(buffer.readableBytesView) {
              answers.withLock { $0 += 1 }
              try answered(line)
            }
          } catch is LineSplitter.TooLong {
            throw WatchFault(description: "the answer is too long; no pointsd listens there")
          }
        }
        throw Self.closed
      }
      group.addTask {
        var silence = Duration.zero
        while true {
          let before = answers.withLock { $0 }
          try await outbound.write(ByteBuffer(string: request + "\n"))
          try await Task.sleep(for: min(answerTimeout, every))
          silence = answers.withLock { $0 } > before ? .zero : silence + min(answerTimeout, every)
          guard silence < answerTimeout else {
            throw WatchFault(description: "no answer within \(answerTimeout.inSeconds) s")
          }
          try await Task.sleep(for: max(.zero, every - answerTimeout))
        }
      }
      try await group.next()
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? NIOConnectionError else { return "\(error)" }
    guard let first = error.connectionErrors.first else { return "the host has no address" }
    guard let error = first.error as? IOError else { return "\(first.error)" }
    return Errno(rawValue: error.errnoCode).description
  }
}
