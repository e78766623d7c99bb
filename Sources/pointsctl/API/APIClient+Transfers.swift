import AsyncHTTPClient
import JSONText
import NIOCore
import NIOHTTP1

extension APIClient {
  /// How much is in memory at a time, in bytes.
  private static let piece = 1 << 17
  /// The longest line of a stream of JSON, in bytes.
  private static let lineLimit = 1 << 20

  /// Hands on the body of an answer as it comes; a daemon that gives nothing for `silence` is given
  /// up.
  func download(
    _ path: String, _ body: ([UInt8]) throws(CommandFault) -> Void
  ) async throws(CommandFault) {
    let request = HTTPClientRequest(url: endpoint.url(of: path))
    try await stream(request, by: Self.impatientClient) { response throws(CommandFault) in
      try await pieces(of: response, body)
    }
  }

  /// Sends a file and hands on each line of JSON of the answer as it comes.
  func upload(
    _ path: String, _ file: SentFile, sent: @escaping @Sendable (Int) -> Void,
    line: (JSONNode) throws(CommandFault) -> Void
  ) async throws(CommandFault) {
    var request = HTTPClientRequest(url: endpoint.url(of: path))
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/sql")
    request.body = .stream(
      Pieces(file: file, size: Self.piece, sent: sent), length: .known(Int64(file.size)))
    try await stream(request) { response throws(CommandFault) in
      try await lines(of: response, line)
    }
  }

  /// Hands on each line of JSON of an answer as it comes.
  func lines(
    _ path: String, _ line: (JSONNode) throws(CommandFault) -> Void
  ) async throws(CommandFault) {
    try await stream(HTTPClientRequest(url: endpoint.url(of: path))) {
      response throws(CommandFault) in try await lines(of: response, line)
    }
  }

  private func lines(
    of response: HTTPClientResponse, _ line: (JSONNode) throws(CommandFault) -> Void
  ) async throws(CommandFault) {
    var rest: [UInt8] = []
    try await pieces(of: response) { bytes throws(CommandFault) in
      rest += bytes
      var start = 0
      while let newline = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        guard let node = try? JSONParser.parse(Array(rest[start..<newline])) else {
          throw APIFault.unexpectedResponse("a line that is no JSON")
        }
        start = newline + 1
        try line(node)
      }
      rest.removeFirst(start)
      guard rest.count <= Self.lineLimit else {
        throw APIFault.unexpectedResponse("a line without end")
      }
    }
  }

  private func stream(
    _ request: HTTPClientRequest, by client: HTTPClient = Self.client,
    _ body: (HTTPClientResponse) async throws(CommandFault) -> Void
  ) async throws(CommandFault) {
    let request = try prepared(request)
    let response: HTTPClientResponse
    do {
      response = try await client.execute(request, timeout: .hours(24 * 365))
    } catch let fault as CommandFault {
      throw fault
    } catch {
      throw APIFault.unreachable(endpoint, error)
    }
    guard response.status == .ok else { throw try await failure(response) }
    try await body(response)
  }

  private func failure(
    _ response: HTTPClientResponse
  ) async throws(CommandFault) -> CommandFault {
    let bytes: [UInt8]
    do {
      bytes = Array(try await response.body.collect(upTo: Self.lineLimit).readableBytesView)
    } catch {
      throw APIFault.unreachable(endpoint, error)
    }
    return APIFault.failure(
      endpoint, status: response.status.code,
      message: (try? JSONParser.parse(bytes))?["error"]?.string)
  }

  private func pieces(
    of response: HTTPClientResponse, _ body: ([UInt8]) throws(CommandFault) -> Void
  ) async throws(CommandFault) {
    do {
      for try await piece in response.body { try body(Array(piece.readableBytesView)) }
    } catch let fault as CommandFault {
      throw fault
    } catch {
      throw APIFault.brokenOff(endpoint, error)
    }
  }

  /// A file as the HTTP client takes it.
  private struct Pieces: AsyncSequence, Sendable {
    let file: SentFile
    let size: Int
    let sent: @Sendable (Int) -> Void

    struct Iterator: AsyncIteratorProtocol {
      let pieces: Pieces
      var offset = 0

      mutating func next() async throws -> ByteBuffer? {
        let bytes = try pieces.file.read(at: offset, count: pieces.size)
        guard !bytes.isEmpty else { return nil }
        offset += bytes.count
        pieces.sent(offset)
        return ByteBuffer(bytes: bytes)
      }
    }

    func makeAsyncIterator() -> Iterator { Iterator(pieces: self) }
  }
}
