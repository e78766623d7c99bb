import NIOCore
import NIOPosix

/// Sends bytes as they are and reads what comes back: for requests that no HTTP library would make.
enum RawClient {
  enum Place: Sendable {
    case tcp(Int)
    case unix(String)
  }

  /// An answer as it came.
  struct Answer: Sendable {
    /// The text of status line and headers.
    let head: String
    let body: String

    var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
  }

  /// Sends `text`, reads until the daemon closes.
  static func exchange(_ place: Place, _ text: String) async throws -> Answer {
    try await withConnection(place) { inbound, outbound in
      try await outbound.write(ByteBuffer(string: text))
      var all = ByteBuffer()
      do {
        for try await part in inbound { all.writeImmutableBuffer(part) }
      } catch is IOError where all.readableBytes > 0 {
        // Closed with some of our bytes unread: what was said before still counts.
      }
      let said = String(buffer: all)
      let halves = said.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
      return Answer(head: halves.first ?? "", body: halves.count > 1 ? halves[1] : "")
    }
  }

  /// A request without a body, or with one of known length, on a connection of its own.
  static func request(
    _ place: Place, _ method: String, _ path: String, host: String? = "localhost",
    headers: [String] = [], body: String = ""
  ) async throws -> Answer {
    var lines = ["\(method) \(path) HTTP/1.1"]
    if let host { lines.append("Host: \(host)") }
    lines += headers + ["Connection: close"]
    if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
    return try await exchange(place, lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>
  typealias Outbound = NIOAsyncChannelOutboundWriter<ByteBuffer>

  /// Gives a connection to `work` and closes it afterwards.
  static func withConnection<Value: Sendable>(
    _ place: Place, _ work: @Sendable (Inbound, Outbound) async throws -> Value
  ) async throws -> Value {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.seconds(5))
    let wrap: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> =
      { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel(wrappingChannelSynchronously: channel)
        }
      }
    let channel =
      switch place {
      case .tcp(let port):
        try await bootstrap.connect(host: "127.0.0.1", port: port, channelInitializer: wrap)
      case .unix(let path):
        try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: wrap)
      }
    return try await channel.executeThenClose(work)
  }
}
