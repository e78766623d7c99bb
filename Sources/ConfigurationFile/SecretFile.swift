import JSONText

/// A file that holds a password or a token and nothing else.
public enum SecretFile {
  /// Larger files hold no secret.
  static let sizeLimit = 64 << 10

  /// Why a secret could not be read, with the path.
  public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
  }

  /// The secret at `path`, without the line end that editors add.
  ///
  /// Called when the configuration is checked, and again by whoever uses the secret, so that a
  /// secret that is changed holds from the next use on and none is kept in the configuration.
  public static func read(_ path: String) throws(Fault) -> String {
    var bytes: [UInt8]
    do {
      bytes = try readFile(path, limit: sizeLimit)
    } catch {
      throw Fault(description: "\(excerpt(path, limit: 4096)): \(error.message)")
    }
    while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") {
      bytes.removeLast()
    }
    guard let secret = String(validating: bytes, as: UTF8.self), !secret.isEmpty,
      !secret.unicodeScalars.contains(where: \.isControl)
    else {
      throw Fault(
        description: "\(excerpt(path, limit: 4096)): must hold one line of text and nothing else")
    }
    return secret
  }
}
