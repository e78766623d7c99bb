import HTTPTypes

/// The rules of who is let in, as pure functions of what is known of a request, so that every row of
/// them can be tested.
///
/// Foreign `Host` and `Origin` are refused on every way in: they are how a page of another site
/// reaches a daemon on the reader's own machine. Nothing follows from where a connection comes from.
struct RequestAuthorizer: Sendable {
  /// What the rules rest on.
  struct Facts: Sendable {
    var transport: Peer.Transport
    /// The values of all `Host` headers.
    var hosts: [String]
    /// The value of `Origin`, nil when there is none.
    var origin: String?
    /// The value of `Sec-Fetch-Site`: whose page asks, by the browser's word.
    var fetchSite: String?
    /// Whether the browser says that a person opens a document in it.
    var opensDocument = false
  }

  /// Why a request is not let in.
  struct Refusal: Sendable, Equatable {
    /// 400: not a request that HTTP/1.1 knows; 401: a token would help; 403: none would.
    let status: HTTPResponse.Status
    let reason: String
  }

  private let hosts: Set<Host>
  private let hasToken: Bool

  init(_ settings: DashboardSettings) {
    self.hosts = Set(
      ["localhost", settings.address].map(Host.init) + settings.hosts.map(Host.init))
    self.hasToken = settings.token != nil
  }

  // MARK: On every route

  /// Refuses what does not name this service, or comes from another site's page.
  /// - Parameter isPage: whether the route is a page, which a link of another site may open.
  func refusalOfSource(_ facts: Facts, isPage: Bool) -> Refusal? {
    guard facts.hosts.count < 2 else { return malformed("More than one Host header") }
    let host = facts.hosts.first ?? ""
    if let refusal = refusalOfHost(host, facts.transport) { return refusal }
    if let origin = facts.origin, !Self.isSame(origin: origin, host: host) {
      return forbidden("Origin \(quoted(origin)) is not this host")
    }
    if facts.fetchSite == "cross-site", !(isPage && facts.opensDocument) {
      return forbidden("A page of another site asks")
    }
    return nil
  }

  private func refusalOfHost(_ text: String, _ transport: Peer.Transport) -> Refusal? {
    // Clients of a Unix socket have no host to name.
    if transport == .controlSocket, text.isEmpty { return nil }
    guard !text.isEmpty else { return malformed("The Host header is missing") }
    guard let authority = Authority(text) else {
      return malformed("The Host header is not a host: \(quoted(text))")
    }
    if hosts.contains(authority.host) { return nil }
    if case .tcp(_, let local?) = transport, local == authority.host { return nil }
    return forbidden(
      "Host \(quoted(text)) is not an address of this service; name it in http.hosts to allow it")
  }

  // MARK: By the right that a route declares

  /// Whether the session of a browser counts for a route. SameSite keeps other sites' pages from
  /// sending the cookie; pages on other ports of the same host are of the same site, so that a
  /// change has to come from our own page, by the browser's word.
  func sessionCounts(_ facts: Facts, for right: Right) -> Bool {
    switch right {
    case .read, .session: true
    case .guardedRead: facts.fetchSite != "same-site"
    case .change, .controlSocket: facts.origin != nil || facts.fetchSite == "same-origin"
    }
  }

  /// Refuses a caller who lacks the right.
  func refusal(of caller: Caller, right: Right) -> Refusal? {
    switch right {
    case .read, .session: nil
    case .controlSocket:
      caller == .controlSocket ? nil : forbidden("This works over the control socket only")
    case .change, .guardedRead: caller.mayChange ? nil : missing(right)
    }
  }

  /// The refusal of a wrong token.
  var wrongToken: Refusal { Refusal(status: .unauthorized, reason: "The token is wrong") }

  private func missing(_ right: Right) -> Refusal {
    let what = right == .change ? "Changes need" : "This needs the rights of a change:"
    let ways = "\(what) the control socket, a browser let in by 'pointsctl login', or the token"
    return hasToken
      ? Refusal(status: .unauthorized, reason: ways)
      : forbidden(ways + "; no token is configured (http.tokenFile)")
  }

  private func malformed(_ reason: String) -> Refusal {
    Refusal(status: .badRequest, reason: reason)
  }

  private func forbidden(_ reason: String) -> Refusal {
    Refusal(status: .forbidden, reason: reason)
  }

  /// Whether an origin (RFC 6454) is of the very host that the request names, port included.
  private static func isSame(origin: String, host: String) -> Bool {
    for (scheme, defaultPort) in [("http://", 80), ("https://", 443)]
    where origin.lowercased().hasPrefix(scheme) {
      guard let origin = Authority(String(origin.dropFirst(scheme.utf8.count))),
        let host = Authority(host)
      else { return false }
      return origin.host == host.host
        && origin.port ?? defaultPort == host.port ?? defaultPort
    }
    return false
  }

  /// A header's value, short and harmless enough for a log line.
  private func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(100).map { $0.isASCII && $0.value >= 32 ? $0 : "?" }
    return "'" + String(String.UnicodeScalarView(shown)) + "'"
  }
}
