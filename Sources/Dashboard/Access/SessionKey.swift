/// What browser sessions are signed with, and which of them ended before their time.
struct SessionKey: Sendable, Equatable {
  /// 256 random bits. Every session ends when it is exchanged.
  private(set) var key = SecretBytes.random()
  /// The identifiers of sessions that were logged out, with the Unix time in seconds after which
  /// they would have ended unused.
  private(set) var ended: [String: Int64] = [:]

  init() {}

  /// Sessions that were logged out and are remembered; the first to end by themselves make room.
  static let endedLimit = 10_000

  /// - Parameter until: when it would end by itself, in seconds.
  mutating func end(_ identifier: String, until: Int64, nowSeconds: Int64) {
    ended = ended.filter { $0.value > nowSeconds }
    if ended.count >= Self.endedLimit, let first = ended.min(by: { $0.value < $1.value }) {
      ended[first.key] = nil
    }
    ended[identifier] = until
  }

  /// As it is kept in a file: a line with the key, then a line for each session that ended.
  var text: String {
    (["key \(SecretBytes.hexadecimal(key))"]
      + ended.sorted { $0.key < $1.key }.map { "ended \($0.key) \($0.value)" })
      .joined(separator: "\n") + "\n"
  }

  /// nil when `text` is no such file.
  init?(_ text: String) {
    var key: [UInt8]?
    var ended: [String: Int64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      switch (words.first, words.count) {
      case ("key", 2):
        guard key == nil, let bytes = SecretBytes.bytes(hexadecimal: words[1]), bytes.count == 32
        else { return nil }
        key = bytes
      case ("ended", 3):
        guard let until = Int64(words[2]) else { return nil }
        ended[String(words[1])] = until
      default: return nil
      }
    }
    guard let key else { return nil }
    self.key = key
    self.ended = ended
  }
}
