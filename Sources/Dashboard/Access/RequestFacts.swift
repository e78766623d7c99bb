import HTTPTypes
import Hummingbird

extension RequestAuthorizer.Facts {
  /// What the headers of a request say.
  init(_ request: Request, _ peer: Peer) {
    // A second Host header is the only one that is left among the fields.
    let hosts =
      (request.head.authority.map { [$0] } ?? [])
      + request.headers.filter { $0.name.rawName.lowercased() == "host" }.map(\.value)
    self.init(
      transport: peer.transport, hosts: hosts, origin: request.headers[.origin],
      fetchSite: request.headers[named: "Sec-Fetch-Site"],
      opensDocument: request.headers[named: "Sec-Fetch-Mode"] == "navigate"
        && [nil, "document"].contains(request.headers[named: "Sec-Fetch-Dest"]))
  }
}

extension Request {
  /// What follows `Bearer` in `Authorization`; nil when it is no such header.
  var bearer: String? {
    let authorization = headers[.authorization] ?? ""
    guard authorization.lowercased().hasPrefix("bearer ") else { return nil }
    return String(authorization.dropFirst(7)).trimmingBlanks
  }

  /// Whether a browser shows what is answered to a person: it asks for HTML.
  var wantsPage: Bool { headers[.accept]?.lowercased().contains("text/html") == true }

  /// Whether the browser came over TLS, by the word of a proxy in front. Anybody can say so: it is
  /// asked for the `Secure` of a cookie and for no right.
  var cameOverTLS: Bool { headers[named: "X-Forwarded-Proto"]?.lowercased() == "https" }

  /// The path for a log line: what is not printable ASCII is left out, and so is the query. Where
  /// the path holds a login code the route stands in its place.
  func loggedPath(_ context: DashboardContext) -> String {
    if let route = context.endpointPath, route.contains("{code}") { return route }
    return String(
      String.UnicodeScalarView(
        uri.path.unicodeScalars.prefix(200).filter { $0.isASCII && $0.value > 32 && $0.value < 127 }
      ))
  }
}

extension HTTPFields {
  /// The value of a header that HTTPTypes has no constant for.
  subscript(named name: String) -> String? {
    get { HTTPField.Name(name).flatMap { self[$0] } }
    set { if let name = HTTPField.Name(name) { self[name] = newValue } }
  }

  /// With `Connection: close`, for answers to requests that were not read to their end.
  var closing: HTTPFields {
    var fields = self
    fields[.connection] = "close"
    return fields
  }
}

extension String {
  /// Without blanks and tabs at both ends.
  var trimmingBlanks: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
