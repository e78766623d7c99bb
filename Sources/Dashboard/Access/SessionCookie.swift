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

  /// At most so many of a request are looked at: each costs a signature.
  static let limit = 4

  /// The values that a request carries, good or not. More than one stands there when something else
  /// on the same host, another port included, has set a cookie of this name for a longer path.
  static func values(of request: Request) -> some Sequence<String> {
    request.headers.lazy.filter { $0.name == .cookie }
      .flatMap { $0.value.split(separator: ";") }
      .compactMap { pair in
        let parts = String(pair).trimmingBlanks.split(separator: "=", maxSplits: 1)
        return parts.count == 2 && parts[0] == name ? String(parts[1]) : nil
      }.prefix(limit)
  }
}
