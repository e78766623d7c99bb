import HTTPTypes
import Hummingbird
import Points

/// A request that is not answered as asked: the status and the sentence that say why.
struct APIError: Error, Sendable, Equatable {
  let status: HTTPResponse.Status
  let message: String
  var headers = HTTPFields()
  /// The operation to ask for, where its outcome is not known yet or differs by user.
  var operation: String?
  /// What became of each user of a group.
  var users: [OperationRecord.UserOutcome] = []
  /// Whether it is for want of a right; a browser gets it as a page.
  var isRefusal = false

  init(
    _ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = HTTPFields(),
    operation: String? = nil, users: [OperationRecord.UserOutcome] = [], isRefusal: Bool = false
  ) {
    self.status = status
    self.message = message
    self.headers = headers
    self.operation = operation
    self.users = users
    self.isRefusal = isRefusal
  }

  /// What the supervisor, the library or anything else said, in our form; nil when it is our own
  /// fault and nobody's business but the log's.
  init?(_ error: any Error) {
    switch error {
    case let failure as APIError: self = failure
    case ControlError.notFound(let message): self.init(.notFound, message)
    case ControlError.conflict(let message): self.init(.conflict, message)
    case ControlError.invalid(let message): self.init(.unprocessableContent, message)
    case ControlError.unavailable(let message): self.init(.serviceUnavailable, message)
    case ControlError.unknown(let operation, let message):
      self.init(.gatewayTimeout, message, operation: operation)
    case ControlError.failed(let message): self.init(.internalServerError, message)
    case is CancellationError: self.init(.serviceUnavailable, "pointsd is stopping")
    case let error as HTTPError where error.status.kind == .clientError:
      self.init(error.status, error.body ?? error.status.reasonPhrase, headers: error.headers)
    default: return nil
    }
  }

  static let notHTTP = APIError(
    .badRequest, "The request is not HTTP, or it was broken off", headers: HTTPFields().closing)

  /// What readers without the right to change get of an error: what the supervisor says of a
  /// database or a file may name paths, accounts and statements.
  static func withoutDetails(_ error: any Error) -> any Error {
    switch error {
    case ControlError.unavailable:
      APIError(
        .serviceUnavailable,
        """
        Not possible now: the database is away, too much is asked at once, or pointsd is stopping; \
        its log says more
        """)
    case ControlError.failed, ControlError.invalid, ControlError.conflict:
      APIError(.internalServerError, "It failed; the log of pointsd says more")
    default: error
    }
  }

  var response: Response { Response.json(json, status: status, headers: headers) }

  /// `{"success":false,"error":"…"}`, and `"operation"` where there is one to ask for, `"users"` where
  /// they are several.
  var json: JSON {
    let fault: [JSON.Member] = [
      .init(name: "success", value: false), .init(name: "error", value: .string(message)),
    ]
    let operation = operation.map { [JSON.Member(name: "operation", value: .string($0))] } ?? []
    let users =
      users.isEmpty
      ? [] : [JSON.Member(name: "users", value: Shapes.userOutcome.list(users))]
    return .object(fault + operation + users)
  }
}

extension Response {
  static let jsonType = "application/json; charset=utf-8"

  /// A response that carries JSON and must not be kept by anybody.
  static func json(
    _ value: JSON, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()
  ) -> Response {
    var headers = headers
    headers[.contentType] = jsonType
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.encoded)))
  }

  /// `{"success":true,"data":…}` and what stands beside `data`.
  static func success(_ data: JSON, beside members: [(String, JSON)] = []) -> Response {
    let beside = members.map { JSON.Member(name: $0.0, value: $0.1) }
    return .json(
      .object(
        [JSON.Member(name: "success", value: true), JSON.Member(name: "data", value: data)] + beside
      ))
  }
}
