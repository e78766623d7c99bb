import Foundation

extension Daemon {
  struct Response: Sendable {
    let status: Int
    let body: String

    /// The body as JSON.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
    }
  }

  /// One request over TCP, as curl makes it: as everybody.
  func http(
    _ path: String, method: String = "GET", body: String? = nil, headers: [String] = []
  ) throws -> Response {
    try Self.exchange(TCPClient(port: httpPort), httpPort, path, method, body, headers)
  }

  /// One request over the control socket, as `curl --unix-socket` makes it: as an operator.
  func control(
    _ path: String, method: String = "GET", body: String? = nil, headers: [String] = []
  ) throws -> Response {
    try operatorClient.ask(path, method: method, body: body, headers: headers)
  }

  /// An operator on the control socket, for a thread of its own.
  var operatorClient: OperatorClient { OperatorClient(socket: controlSocket, port: httpPort) }

  struct OperatorClient: Sendable {
    let socket: String
    let port: Int

    func ask(
      _ path: String, method: String = "POST", body: String? = "{}", headers: [String] = []
    ) throws -> Response {
      try Daemon.exchange(TCPClient(socket: socket), port, path, method, body, headers)
    }

    /// The same on a thread that may block.
    func asking(
      _ path: String, method: String = "POST", body: String? = "{}", headers: [String] = []
    ) async throws -> Response {
      try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
          continuation.resume(
            with: Result { try ask(path, method: method, body: body, headers: headers) })
        }
      }
    }
  }

  private static func exchange(
    _ client: TCPClient, _ port: Int, _ path: String, _ method: String, _ body: String?,
    _ headers: [String]
  ) throws -> Response {
    var lines = [
      "\(method) \(path) HTTP/1.1", "Host: localhost:\(port)", "Connection: close",
    ]
    if let body {
      lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
    }
    lines += headers
    try client.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    let answer = try client.readToEnd()
    let parts = answer.components(separatedBy: "\r\n\r\n")
    let status = parts[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Response(status: status, body: parts.dropFirst().joined(separator: "\r\n\r\n"))
  }

  /// The points of every user, by name.
  func points() throws -> [String: Int] {
    let users = try http("/api/users").json["data"] as? [[String: Any]] ?? []
    return Dictionary(
      users.map { ($0["user"] as? String ?? "", $0["points"] as? Int ?? -1) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The differences that the ledger's check names; nil when the check could not be made.
  func differences() throws -> [String]? {
    let data = try control("/api/verify").json["data"] as? [String: Any]
    let differences = data?["differences"] as? [[String: Any]]
    return differences?.map { $0["message"] as? String ?? "\($0)" }
  }
}
