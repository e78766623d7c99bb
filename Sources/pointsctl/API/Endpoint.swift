/// Where the daemon's API is.
enum Endpoint: Equatable {
  /// The control socket's path.
  case socket(String)
  /// An HTTP address without a slash at its end.
  case url(String)

  static let installedSocket = "/run/pointsd/control.sock"

  /// The control socket to use: the one asked for, the environment's, the installed daemon's, or
  /// that of a daemon started by hand in this folder or one above.
  ///
  /// - Parameters:
  ///   - folder: the working directory, absolute.
  ///   - exists: whether there is anything at a path.
  static func controlSocket(
    asked: String?, environment: String?, folder: String, exists: (String) -> Bool
  ) -> String {
    if let asked { return asked }
    if let environment, !environment.isEmpty { return environment }
    if exists(installedSocket) { return installedSocket }
    var components = folder.split(separator: "/")
    while true {
      let path = "/" + (components + ["var", "control.sock"]).joined(separator: "/")
      if exists(path) { return path }
      // Nothing found: name the place where an installed daemon would have it.
      if components.popLast() == nil { return installedSocket }
    }
  }

  /// - Returns: nil when `text` is no HTTP address.
  static func address(_ text: String) -> Endpoint? {
    guard let scheme = ["http://", "https://"].first(where: text.lowercased().hasPrefix)
    else { return nil }
    var rest = text.dropFirst(scheme.count)
    while rest.last == "/" { rest.removeLast() }
    guard let first = rest.first, first != "/", first != ":",
      !rest.contains(where: { $0.isWhitespace || $0 == "?" || $0 == "#" || $0 == "@" })
    else { return nil }
    return .url(scheme + rest)
  }

  /// How it is named to the operator.
  var described: String {
    switch self {
    case .socket(let path): path
    case .url(let url): url
    }
  }

  /// The host where the users' ports are: here, or where the HTTP interface is.
  var host: String {
    guard case .url(let url) = self, let start = url.firstRange(of: "://")?.upperBound else {
      return "127.0.0.1"
    }
    let authority = url[start...].prefix { $0 != "/" }
    if authority.first == "[" { return String(authority.dropFirst().prefix { $0 != "]" }) }
    return String(authority.prefix { $0 != ":" })
  }

  /// Where a user's server is reached from here: at the address it has, and where that is every address
  /// or one that is only its own machine's, at the host of the HTTP interface.
  func host(of server: ServerEntry) -> String {
    guard let address = server.address, !["0.0.0.0", "::"].contains(address) else { return host }
    let isLoopback = address == "::1" || address.hasPrefix("127.")
    guard case .url = self, isLoopback else { return address }
    return host
  }

  /// The address of `path`, which begins with a slash, as the HTTP client takes it.
  func url(of path: String) -> String {
    switch self {
    case .socket(let socket): "http+unix://" + percentEncoded(socket) + path
    case .url(let url): url + path
    }
  }
}

/// `text` as one component of an address: all but unreserved characters (RFC 3986) as `%XX`.
func percentEncoded(_ text: String) -> String {
  var encoded = ""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      encoded.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      encoded += "%" + (digits.count == 1 ? "0" : "") + digits
    }
  }
  return encoded
}
