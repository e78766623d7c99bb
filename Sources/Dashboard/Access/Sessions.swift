import Logging
import Points
import Synchronization

/// The sessions of browsers that were let in.
///
/// A session is a signed text that the browser keeps; the daemon keeps the key, and which sessions
/// ended before their time. So they outlive a restart, and exchanging the key ends them all.
final class Sessions: Sendable {
  /// A session ends when it was not used for this long, in seconds.
  static let lifetime: Int64 = 30 * 86_400
  /// Use is noted in the cookie once in this time, in seconds.
  static let renewal: Int64 = 3600

  struct Session: Sendable, Equatable {
    let account: Account
    /// Unique among all sessions.
    let identifier: String
    /// When its use was last noted, in seconds since 1970.
    let usedAtSeconds: Int64
  }

  private let file: SessionKeyFile?
  private let state = Mutex(SessionKey())

  /// - Parameter file: nil keeps the key in memory: sessions end with the daemon.
  init(file: SessionKeyFile?) {
    self.file = file
  }

  /// Reads the key of the daemon before, or makes the file. Without it sessions end with the daemon.
  func load(logger: Logger) {
    guard let file else { return }
    do {
      if let key = try file.read() {
        state.withLock { $0 = key }
        return
      }
    } catch {
      logger.warning(
        "\(error); another key is made, and every browser has to be let in again",
        metadata: ["event": "login"])
    }
    do {
      try file.write(state.withLock { $0 })
    } catch {
      logger.warning(
        "\(error); browser sessions end with this daemon", metadata: ["event": "login"])
    }
  }

  /// A new session, as the cookie's value; nil when it cannot be signed.
  func begin(for account: Account, nowSeconds: Int64) -> String? {
    value(
      Session(
        account: account, identifier: Operation.makeID(), usedAtSeconds: nowSeconds))
  }

  /// The session whose cookie this is; nil when it is none, or ended.
  func session(_ cookie: String, nowSeconds: Int64) -> Session? {
    let parts = cookie.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 5, let signature = SecretBytes.bytes(hexadecimal: parts[4]) else {
      return nil
    }
    let (key, ended) = state.withLock { ($0.key, $0.ended[String(parts[2])] != nil) }
    let signed = parts[..<4].joined(separator: ".")
    guard let expected = SecretBytes.signature(of: signed, key: key),
      SecretBytes.equal(expected, signature), !ended,
      let user = UInt32(parts[0]), let name = SecretBytes.bytes(hexadecimal: parts[1]),
      let used = Int64(parts[3]), nowSeconds - used < Self.lifetime
    else { return nil }
    let text = String(decoding: name, as: UTF8.self)
    return Session(
      account: Account(identifier: user, name: text.isEmpty ? nil : text),
      identifier: String(parts[2]), usedAtSeconds: used)
  }

  /// The cookie that notes the session's use; nil while the present one will do.
  func renewed(_ session: Session, nowSeconds: Int64) -> String? {
    guard nowSeconds - session.usedAtSeconds >= Self.renewal else { return nil }
    return value(
      Session(
        account: session.account, identifier: session.identifier, usedAtSeconds: nowSeconds))
  }

  /// Ends one session, wherever its cookie is.
  func end(_ session: Session, nowSeconds: Int64) throws(SessionKeyFile.Fault) {
    try change { key in
      key.end(
        session.identifier, until: nowSeconds + Self.lifetime + Self.renewal, nowSeconds: nowSeconds
      )
    }
  }

  /// Ends every session, by exchanging the key.
  func revokeAll() throws(SessionKeyFile.Fault) {
    try change { $0 = SessionKey() }
  }

  /// Holds in this process in any case; the error says that it would not outlive it.
  private func change(_ change: (inout SessionKey) -> Void) throws(SessionKeyFile.Fault) {
    let outcome = state.withLock { key -> Result<Void, SessionKeyFile.Fault> in
      change(&key)
      do throws(SessionKeyFile.Fault) {
        try file?.write(key)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try outcome.get()
  }

  private func value(_ session: Session) -> String? {
    let name = SecretBytes.hexadecimal(Array((session.account.name ?? "").utf8))
    let text =
      "\(session.account.identifier).\(name).\(session.identifier).\(session.usedAtSeconds)"
    let key = state.withLock { $0.key }
    return SecretBytes.signature(of: text, key: key)
      .map { "\(text).\(SecretBytes.hexadecimal($0))" }
  }
}
