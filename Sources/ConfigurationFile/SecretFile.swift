import Glibc
import JSONText

/// A file that holds a password or a token and nothing else.
public enum SecretFile {
  /// Larger files hold no secret.
  static let sizeLimit = 64 << 10
  /// The least characters of a token.
  public static let tokenLength = 16

  /// Why a secret could not be read, with the path and what to do.
  public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
  }

  /// The secret at `path`, without the byte order mark and the line end that editors add.
  ///
  /// Called when the configuration is checked, and again when the secret is used: a secret that is
  /// changed holds from the next use on, and none is kept in the configuration. Links in the path
  /// are followed only if they belong to root or to this process's account.
  /// - Parameter path: absolute.
  public static func read(_ path: String) throws(Fault) -> String {
    try contents(path).secret
  }

  /// The token at `path`, read as `read` does; it must be long enough, and its owner's alone.
  /// - Parameter credentialsDirectory: where systemd puts credentials. In it others cannot read,
  ///   whatever the file's mode shows: the group's right stands for an access list.
  public static func readToken(
    _ path: String,
    credentialsDirectory: String? = Configuration.credentialsDirectoryOfProcess
  ) throws(Fault) -> String {
    let (token, mode) = try contents(path)
    if !isCredential(path, in: credentialsDirectory), let readers = readers(mode) {
      throw fault(path, "\(readers) can read it; run: chmod 600 \(excerpt(path, limit: 4096))")
    }
    guard token.unicodeScalars.count >= tokenLength else {
      throw fault(
        path,
        "the token has \(token.unicodeScalars.count) characters and needs \(tokenLength) or more; "
          + "make one: openssl rand -hex 32")
    }
    return token
  }

  /// Who beside its owner can read the file at `path`, in words; nil for none, or if it is below
  /// `credentialsDirectory`.
  static func otherReaders(_ path: String, credentialsDirectory: String?) -> String? {
    guard !isCredential(path, in: credentialsDirectory) else { return nil }
    return (try? contents(path)).flatMap { readers($0.mode) }
  }

  private static func isCredential(_ path: String, in directory: String?) -> Bool {
    directory.map { path.hasPrefix(PathResolver.normalised($0) + "/") } ?? false
  }

  private static func readers(_ mode: mode_t) -> String? {
    if mode & 0o004 != 0 { return "every account" }
    return mode & 0o040 != 0 ? "a group" : nil
  }

  private static func contents(_ path: String) throws(Fault) -> (secret: String, mode: mode_t) {
    var bytes: [UInt8]
    let status: stat
    do {
      let descriptor = try TrustedFile.open(path)
      defer { close(descriptor) }
      (bytes, status) = try readFile(descriptor, limit: sizeLimit)
    } catch {
      throw fault(path, error.message)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") {
      bytes.removeLast()
    }
    guard let secret = String(validating: bytes, as: UTF8.self), !secret.isEmpty,
      !secret.unicodeScalars.contains(where: \.isControl)
    else { throw fault(path, "must hold one line of text and nothing else") }
    return (secret, status.st_mode)
  }

  private static func fault(_ path: String, _ message: String) -> Fault {
    Fault(description: "\(excerpt(path, limit: 4096)): \(message)")
  }
}
