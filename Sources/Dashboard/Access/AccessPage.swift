import HTTPTypes
import Hummingbird
import NIOCore

/// The page that says who may change things and how to be let in; it needs no script.
enum AccessPage {
  /// What stands below the message.
  enum Form: Sendable {
    case none
    /// A button that takes the login code of the page's own address. A form, so that a preview of
    /// the link, which only reads, does not spend the code.
    case letIn
    case logOut
  }

  static let howToBeLetIn = """
    <p>Everybody who reaches this page may look. To change things, have this browser let in: run \
    <code>pointsctl login</code> on the daemon's machine and open the link it prints. The link is \
    good once, for 10 minutes; the browser stays let in until it was not used for 30 days.</p>
    """

  /// - Parameters:
  ///   - message: plain text.
  ///   - explains: whether the page says how to be let in.
  static func response(
    _ message: String?, explains: Bool = false, form: Form = .none,
    status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()
  ) -> Response {
    let body =
      (message.map { "<p role=\"status\">\(HTML.escape($0))</p>" } ?? "")
      + (explains ? howToBeLetIn : "") + self.html(form)
    var page = PageFile.login
    if let place = page.firstRange(of: "<!--content-->") { page.replaceSubrange(place, with: body) }
    var headers = headers
    headers[.contentType] = "text/html; charset=utf-8"
    headers[.cacheControl] = "no-store"
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
  }

  /// A refusal as a person gets it.
  static func refusal(_ failure: APIError) -> Response {
    response(
      failure.message + ".", explains: [401, 403].contains(failure.status.code),
      status: failure.status, headers: failure.headers)
  }

  private static func html(_ form: Form) -> String {
    switch form {
    case .none: ""
    case .letIn:
      "<form method=\"post\"><button class=\"btn btn-plain\">Let this browser in</button></form>"
    case .logOut:
      """
      <form method="post" action="/logout"><button class="btn btn-plain">Log out</button></form>
      """
    }
  }
}
