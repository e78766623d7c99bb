/// Who asks, as far as it matters for rights and texts.
enum Caller: Sendable, Hashable {
  /// The control socket: its file's mode let the peer in.
  case controlSocket
  /// A browser that was let in, for this account.
  case browser(Account)
  /// A client that has the token.
  case token
  /// Anybody, where `http.open` lets all who reach the port change things.
  case open
  /// Anybody else over TCP.
  case reader

  /// Whether it may change things and read what is guarded.
  var mayChange: Bool { self != .reader }

  /// Which texts it gets.
  var audience: Audience { mayChange ? .permitted : .everybody }
}

/// For whom a text is written.
enum Audience: Sendable, Hashable, CaseIterable {
  /// Readers without rights: no path, no account, no SQL; of a reason only its free text.
  case everybody
  /// Those who may change things: all that is known.
  case permitted
}
