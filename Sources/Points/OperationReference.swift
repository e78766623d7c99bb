/// An identifier for the change that a client's key names, where that of its operation is not known:
/// `key-` and the key's bytes in hexadecimal digits. No operation of the ledger has such an id.
public enum OperationReference {
  private static let prefix = "key-"

  public static func identifier(ofKey key: String) -> String {
    prefix + key.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// Whether an identifier stands for a key, and not for an operation of the ledger.
  public static func names(_ identifier: String) -> Bool { identifier.hasPrefix(prefix) }

  /// The key that an identifier stands for; nil for one that stands for none.
  public static func key(of identifier: String) -> String? {
    guard names(identifier) else { return nil }
    let digits = Array(identifier.utf8.dropFirst(prefix.utf8.count))
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
    guard !bytes.isEmpty, bytes.count * 2 == digits.count else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
