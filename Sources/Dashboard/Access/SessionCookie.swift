import HTTPTypes
import Hummingbird

/// The cookie that holds a session (RFC 6265bis): scripts cannot read it, and no other site's page
/// can send it.
enum SessionCookie {
  static let name = "pointsd-session"

  /// `Set-Cookie` of a session.
  /// - Parameter isSecure: whether the browser came over TLS, and is to send it over TLS only.
  static func set(_ value: String, isSecure: Bool) -> String {
    "\(name)=\(value); Max-Age=\(Sessions.lifetime)" + attributes(isSecure)
  }

  /// `Set-Cookie` that removes it.
  static func expired(isSecure: Bool) -> String { "\(name)=; Max-Age=0" + attributes(isSecure) }

  private static func attributes(_ isSecure: Bool) -> String {
    "; Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
  }

  /// The value that a request carries, good or not.
  static func value(of request: Request) -> String? {
    for field in request.headers where field.name == .cookie {
      for pair in field.value.split(separator: ";") {
        let parts = String(pair).trimmingBlanks.split(separator: "=", maxSplits: 1)
        if parts.count == 2, parts[0] == name { return String(parts[1]) }
      }
    }
    return nil
  }
}
