/// Decides which requests are let in, by interfaces that are fixed: over TCP reading is open;
/// changing needs a loopback peer and a bind to loopback and no proxy header, or the token. On the
/// control socket file permissions are the authorisation. Foreign `Host` and `Origin` are refused
/// everywhere: they are how a page of another site reaches a daemon on the reader's own machine.
///
/// A pure function of what is known of the request, so that every row of the rule can be tested.
struct Gate: Sendable {
  /// What the decision rests on.
  struct Request: Sendable {
    var transport: Peer.Transport
    /// Whether the method may change something.
    var changes: Bool
    /// The values of all `Host` headers.
    var hosts: [String]
    /// The value of `Origin`, nil when there is none.
    var origin: String?
    /// The first header that only a proxy sets; nil when there is none.
    var proxyHeader: String?
    /// Whether the browser says that a page of this very origin asks.
    var isFromOwnPage = false
    /// Whether it carries the cookie of a login that holds.
    var isLoggedIn = false
    /// What follows `Bearer` in `Authorization`.
    var bearer: String?
  }

  enum Verdict: Sendable, Equatable {
    case allowed
    /// 400: not a request that HTTP/1.1 knows.
    case malformed(String)
    /// 401: another token might do.
    case unauthorized(String)
    /// 403: no token would help.
    case forbidden(String)
  }

  private let bound: Host
  private let hosts: Set<Host>
  private let token: [UInt8]?

  init(_ settings: DashboardSettings) {
    self.bound = Host(settings.address)
    self.hosts = Set(
      ["localhost", settings.address].map(Host.init) + settings.hosts.map(Host.init))
    self.token = settings.token.flatMap { $0.isEmpty ? nil : $0 }
  }

  func decide(_ request: Request) -> Verdict {
    guard request.hosts.count < 2 else { return .malformed("More than one Host header") }
    let host = request.hosts.first ?? ""
    let verdict = checkHost(host, request.transport)
    guard verdict == .allowed else { return verdict }
    if let origin = request.origin, !Self.isSame(origin: origin, host: host) {
      return .forbidden("Origin \(quoted(origin)) is not this host")
    }
    return request.changes ? checkChange(request) : .allowed
  }

  private func checkHost(_ text: String, _ transport: Peer.Transport) -> Verdict {
    // Clients of a Unix socket have no host to name.
    if transport == .controlSocket, text.isEmpty { return .allowed }
    guard !text.isEmpty else { return .malformed("The Host header is missing") }
    guard let authority = Authority(text) else {
      return .malformed("The Host header is not a host: \(quoted(text))")
    }
    if hosts.contains(authority.host) { return .allowed }
    if case .tcp(_, let local?) = transport, local == authority.host { return .allowed }
    return .forbidden(
      "Host \(quoted(text)) is not an address of this service; name it in http.hosts to allow it")
  }

  private func checkChange(_ request: Request) -> Verdict {
    guard case .tcp(let peer, _) = request.transport else { return .allowed }
    if let token, let bearer = request.bearer {
      return ConstantTime.equal(token, Array(bearer.utf8))
        ? .allowed : .unauthorized("The token is wrong")
    }
    // SameSite keeps other sites' pages from sending the cookie; that the request comes from ours
    // has to be said as well.
    if request.isLoggedIn, request.origin != nil || request.isFromOwnPage { return .allowed }
    guard bound.isLoopback else {
      return refused("Changes need a token: the service is not bound to loopback")
    }
    guard let peer, peer.isLoopback else {
      return refused("Changes need a token: the request is not from this machine")
    }
    if let header = request.proxyHeader {
      return refused("Changes need a token: the request came through a proxy (\(header))")
    }
    return .allowed
  }

  /// 401 where a token would help, 403 where none is configured.
  private func refused(_ reason: String) -> Verdict {
    token == nil
      ? .forbidden(reason + "; none is configured (http.tokenFile)") : .unauthorized(reason)
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

/// Comparison of secrets that takes as long for a wrong one as for the right one.
enum ConstantTime {
  static func equal(_ secret: [UInt8], _ given: [UInt8]) -> Bool {
    var difference = secret.count ^ given.count
    for (index, byte) in given.enumerated() {
      difference |= Int(byte ^ secret[index % max(secret.count, 1)])
    }
    return difference == 0 && !secret.isEmpty
  }
}
