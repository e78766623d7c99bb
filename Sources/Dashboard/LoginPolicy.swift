import HTTPTypes
import Hummingbird

/// Who may log in, and how a logged-in browser is known: by a cookie that scripts cannot read and
/// that no other site's page can send.
struct LoginPolicy: Sendable {
  private let token: [UInt8]?
  let sessions = Sessions()
  let brake = LoginBrake()

  init(token: [UInt8]?) {
    self.token = token.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether there is a token to log in by.
  var isPossible: Bool { token != nil }

  func accepts(_ given: String) -> Bool {
    guard let token else { return false }
    return ConstantTime.equal(token, Array(given.trimmingBlanks.utf8))
  }

  /// The valid session that a request names.
  func session(of request: Request, nowSeconds: Int64) -> String? {
    guard let cookie = Self.cookie(of: request),
      sessions.isValid(cookie, nowSeconds: nowSeconds)
    else { return nil }
    return cookie
  }

  private static let name = "pointsd-session"

  /// `Set-Cookie` of a new session (RFC 6265bis). Without `Secure`: the daemon speaks plain HTTP.
  static func cookie(_ session: String) -> String {
    "\(name)=\(session); Path=/; Max-Age=\(Sessions.lifetime); HttpOnly; SameSite=Strict"
  }

  static let expired = "\(name)=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"

  /// The session that a request names, valid or not.
  static func cookie(of request: Request) -> String? {
    for field in request.headers where field.name == .cookie {
      for pair in field.value.split(separator: ";") {
        let parts = String(pair).trimmingBlanks.split(separator: "=", maxSplits: 1)
        if parts.count == 2, parts[0] == name { return String(parts[1]) }
      }
    }
    return nil
  }
}

/// A field of `application/x-www-form-urlencoded`.
enum FormField {
  static func value(of name: String, in body: String) -> String? {
    for pair in body.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0] == name else { continue }
      return PercentEncoding.decode(parts[1], plusIsBlank: true)
    }
    return nil
  }
}
