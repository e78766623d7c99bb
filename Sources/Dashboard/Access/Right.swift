/// What a request has to bring to be let in to a route. Each route declares one; `AccessControl`
/// is the only place that enforces it.
enum Right: Sendable, CaseIterable {
  /// Everybody who reaches the port.
  case read
  /// Reading what says or costs much: the same rights as a change.
  case guardedRead
  /// Changing something.
  case change
  /// The control socket and no other way.
  case controlSocket
  /// Beginning or ending the session of the browser that asks: everybody may, a code decides.
  case session

  /// The right in a few words, for the API's description and `docs/security.md`.
  var words: String {
    switch self {
    case .read: "everybody"
    case .guardedRead, .change: "control socket, browser session, token, or http.open"
    case .controlSocket: "control socket only"
    case .session: "everybody, for the own browser; a login code lets in"
    }
  }
}
