import AsyncHTTPClient
import JSONText
import NIOCore
import NIOHTTP1

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

  /// - Parameter fields: the members of the JSON object that is sent.
  func post(_ path: String, _ fields: [(key: String, value: JSONValue)] = [])
    async throws(CommandFault) -> JSONNode
  {
    let body = JSONValue.object(
      fields.map { JSONMember(key: $0.key, node: JSONNode(value: $0.value)) })
    var request = HTTPClientRequest(url: endpoint.url(of: path))
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    request.body = .bytes(ByteBuffer(string: body.compact))
    return try await ask(request)
  }

  /// With what every request carries.
  func prepared(_ request: HTTPClientRequest) -> HTTPClientRequest {
    var request = request
    if case .socket = endpoint { request.headers.replaceOrAdd(name: "host", value: "localhost") }
    if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
    return request
  }

  /// The whole answer of a successful request.
  private func ask(_ request: HTTPClientRequest) async throws(CommandFault) -> JSONNode {
    let status: UInt
    let bytes: [UInt8]
    do {
      // Longer than the daemon takes: it answers a change after 10 s at most, verify after more.
      let response = try await Self.client.execute(prepared(request), timeout: .seconds(120))
      status = response.status.code
      let body = try await response.body.collect(upTo: Self.bodyLimit)
      bytes = Array(body.readableBytesView)
    } catch {
      throw APIFault.unreachable(endpoint, error)
    }
    let answer = try? JSONParser.parse(bytes)
    guard (200..<300).contains(status), let answer, answer["success"]?.boolean == true else {
      throw APIFault.failure(endpoint, status: status, message: answer?["error"]?.string)
    }
    return answer
  }
}

extension JSONNode {
  /// What the API puts in `data`.
  func data() throws(CommandFault) -> JSONNode {
    guard let data = self["data"] else { throw APIFault.strange("it has no data") }
    return data
  }
}
