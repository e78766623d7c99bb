import AsyncHTTPClient
import JSONText
import NIOCore
import NIOHTTP1
import Points

/// Asks the daemon's API, over its control socket or over TCP.
struct APIClient {
  let endpoint: Endpoint
  /// Sent as a bearer token.
  let token: String?

  /// The most that an answer may hold: the list of as many users as there are ports is smaller.
  private static let bodyLimit = 64 << 20

  /// How long a daemon may give nothing while a backup is fetched. It gives up mariadb-dump after
  /// 30 s and says so.
  static let silence = TimeAmount.seconds(60)

  /// Ends with the process.
  static let client = makeClient(silence: nil)
  /// The same for answers that never stand still.
  static let impatientClient = makeClient(silence: silence)

  private static func makeClient(silence: TimeAmount?) -> HTTPClient {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow,
      timeout: .init(connect: .seconds(5), read: silence))
    configuration.connectionPool.retryConnectionEstablishment = false
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  func get(_ path: String) async throws(CommandFault) -> JSONNode {
    try await ask(HTTPClientRequest(url: endpoint.url(of: path)))
  }

  /// Asks for a change, and again under the same key until its outcome is known, for 30 s at most.
  /// - Parameters:
  ///   - fields: the members of the JSON object that is sent.
  ///   - timeoutSeconds: for one request; longer than the daemon takes for it.
  func post(
    _ path: String, _ fields: [(key: String, value: JSONValue)] = [],
    timeoutSeconds: Int64 = 15
  ) async throws(CommandFault) -> JSONNode {
    let body = JSONValue.object(
      fields.map { JSONMember(key: $0.key, node: JSONNode(value: $0.value)) })
    var change = RepeatedChange(key: Operation.makeID())
    var request = HTTPClientRequest(url: endpoint.url(of: path))
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.headers.add(name: "idempotency-key", value: change.key)
    request.body = .bytes(ByteBuffer(string: body.compact))
    let start = ContinuousClock.now
    while true {
      let reply = await reply(to: request, timeout: .seconds(timeoutSeconds))
      switch change.next(after: reply, elapsed: ContinuousClock.now - start) {
      case .answer(let answer): return answer
      case .fail(let fault): throw fault
      case .repeatAfter(let pause):
        do { try await Task.sleep(for: pause) } catch { throw change.unknown() }
      }
    }
  }

  /// With what every request carries, to a socket that may be trusted.
  func prepared(_ request: HTTPClientRequest) throws(CommandFault) -> HTTPClientRequest {
    var request = request
    if case .socket(let path) = endpoint {
      let trusted = Endpoint.socket(try TrustedSocket.address(path))
      request.url = trusted.url(of: String(request.url.dropFirst(endpoint.url(of: "").count)))
      request.headers.replaceOrAdd(name: "host", value: "localhost")
    }
    if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
    return request
  }

  /// The whole answer of a successful request.
  private func ask(_ request: HTTPClientRequest) async throws(CommandFault) -> JSONNode {
    // Longer than the daemon takes, verify included.
    switch await reply(to: request, timeout: .seconds(120)) {
    case .answer(let answer): return answer
    case .failure(_, _, let fault), .none(_, let fault): throw fault
    }
  }

  /// What came of one request.
  enum Reply {
    case answer(JSONNode)
    /// - Parameter operation: the one that the daemon named, if it did.
    case failure(status: UInt, operation: String?, CommandFault)
    case none(wasSent: Bool, CommandFault)
  }

  private func reply(to bare: HTTPClientRequest, timeout: TimeAmount) async -> Reply {
    let request: HTTPClientRequest
    do throws(CommandFault) {
      request = try prepared(bare)
    } catch {
      return .none(wasSent: false, error)
    }
    let status: UInt
    let bytes: [UInt8]
    do {
      let response = try await Self.client.execute(request, timeout: timeout)
      status = response.status.code
      let body = try await response.body.collect(upTo: Self.bodyLimit)
      bytes = Array(body.readableBytesView)
    } catch {
      return .none(
        wasSent: !APIFault.isBeforeSending(error), APIFault.unreachable(endpoint, error))
    }
    let answer = try? JSONParser.parse(bytes)
    guard (200..<300).contains(status), let answer, answer["success"]?.boolean == true else {
      return .failure(
        status: status, operation: answer?["operation"]?.string,
        APIFault.failure(
          endpoint, status: status,
          message: answer?["error"]?.string.map { $0 + APIFault.outcomes(answer?["users"]) }))
    }
    return .answer(answer)
  }
}

extension JSONNode {
  /// What the API puts in `data`.
  func data() throws(CommandFault) -> JSONNode {
    guard let data = self["data"] else { throw APIFault.unexpectedResponse("it has no data") }
    return data
  }
}
