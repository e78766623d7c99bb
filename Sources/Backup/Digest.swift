import COpenSSL
import Points

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
final class Digest {
  private let context: OpaquePointer

  init() throws(ControlError) {
    guard let context = EVP_MD_CTX_new() else {
      throw .failed("no memory for a SHA-256")
    }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      EVP_MD_CTX_free(context)
      throw .failed("this machine's OpenSSL offers no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  func add(_ bytes: [UInt8]) {
    EVP_DigestUpdate(context, bytes, bytes.count)
  }

  /// 64 hexadecimal digits; to be asked for once, at the end.
  func hexadecimal() -> String {
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_DigestFinal_ex(context, &bytes, &count)
    return bytes.prefix(Int(count)).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
