import HTTPTypes
import Hummingbird

/// One route: what is asked, how it is described, and who answers. Router and OpenAPI document are
/// both made from the list of these.
struct Route: Sendable {
  typealias Handler = @Sendable (Hummingbird.Request, DashboardContext) async throws -> Response

  let method: HTTPRequest.Method
  /// With `{name}` for a part that varies, which router and OpenAPI write alike.
  let path: String
  let description: Description
  let handler: Handler
  /// What a request has to bring. Without a default: a route cannot forget it.
  let right: Right
  /// Whether its body may be larger than `RequestBody.limit`; the handler then bounds it itself.
  let takesLargeBody: Bool

  /// What the OpenAPI document says of a route.
  struct Description: Sendable {
    /// One line.
    let summary: String
    let answer: Answer
    var query: [Query] = []
    /// The schema of the body, by its name among the components; nil when there is none.
    var body: String?
    var bodyIsRequired = false
    /// Statuses beside 200 that are worth a line each.
    var failures: [Int] = []
  }

  /// What comes back with status 200.
  enum Answer: Sendable {
    /// `{"success":true,"data":…}`, data being this schema, with these members beside it.
    case data(JSON, beside: [String] = [])
    /// JSON without `data`: a schema among the components.
    case flat(String)
    /// Anything else, of this media type.
    case content(String)
  }

  /// A field of the query.
  struct Query: Sendable {
    let name: String
    let text: String
    let schema: JSON
  }

  init(
    _ method: HTTPRequest.Method, _ path: String, _ description: Description,
    right: Right, takesLargeBody: Bool = false, handler: @escaping Handler
  ) {
    self.method = method
    self.path = path
    self.description = description
    self.handler = handler
    self.right = right
    self.takesLargeBody = takesLargeBody
  }

  /// Whether a browser opens it as a document.
  var isPage: Bool {
    guard method == .get, case .content("text/html") = description.answer else { return false }
    return true
  }

  /// The names between braces.
  var parameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
      String($0.dropFirst().dropLast())
    }
  }
}
