/// One change that somebody asked for, made recognisable, so that it is applied exactly once
/// however often it is sent.
public struct Operation: Sendable, Hashable {
  /// Chosen by the caller: 32 hexadecimal digits, unique in the ledger.
  public let id: String
  public let who: String
  public let reason: String?

  public init(id: String = Operation.makeID(), who: String, reason: String?) {
    self.id = id
    self.who = who
    self.reason = reason
  }

  /// A new identifier of 128 random bits.
  public static func makeID() -> String {
    var generator = SystemRandomNumberGenerator()
    return [generator.next() as UInt64, generator.next() as UInt64].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }
}
