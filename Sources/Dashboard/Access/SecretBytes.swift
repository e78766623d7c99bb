import COpenSSL

/// Random bytes, their text, and what is done with secrets.
enum SecretBytes {
  /// 256 bits from the kernel's generator (getrandom(2)).
  static func random() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<32).map { _ in generator.next() as UInt8 }
  }

  /// Two lower-case digits a byte.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The bytes that `hexadecimal` wrote; nil when `text` is something else.
  static func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// HMAC-SHA-256 (RFC 2104) of a text; nil when this machine's OpenSSL offers none.
  static func signature(of text: String, key: [UInt8]) -> [UInt8]? {
    let bytes = Array(text.utf8)
    var signature = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    let made = HMAC(
      EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &signature, &count)
    return made == nil ? nil : Array(signature.prefix(Int(count)))
  }

  /// Whether two secrets are the same, in a time that depends on the length of `given` alone.
  static func equal(_ secret: [UInt8], _ given: [UInt8]) -> Bool {
    var difference = secret.count ^ given.count
    for (index, byte) in given.enumerated() {
      difference |= Int(byte ^ (secret.isEmpty ? 0 : secret[index % secret.count]))
    }
    return difference == 0 && !secret.isEmpty
  }
}
