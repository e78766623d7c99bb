import CMariaDB
import Glibc
import SystemPackage

/// How the server is known, and what it may ask for.
extension Session {
  /// The methods that prove the password without sending it: libmariadb answers no other. A false
  /// server would ask for `mysql_clear_password` or `dialog`, or for `caching_sha2_password` by a key
  /// of its own. The unix_socket method is at home in the first.
  static let methods = ["mysql_native_password", "client_ed25519", "parsec"]

  /// The bundles of authorities of the usual systems.
  private static let bundles = [
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
  ]

  /// The file with the certificates by which the server's is verified; nil without TLS.
  /// - Throws: `DatabaseError` when it cannot be read, or this machine has no authorities.
  static func authorities(_ tls: ConnectionSettings.TLS) throws(DatabaseError) -> String? {
    switch tls {
    case .off: return nil
    case .authority(let path):
      // libmariadb's own words name neither the file nor the fault.
      guard access(path, R_OK) == 0 else {
        throw DatabaseError(
          kind: .notDone,
          message: "cannot read the authority's file \(path): \(Errno(rawValue: errno))")
      }
      return path
    case .system:
      guard let path = bundles.first(where: { access($0, R_OK) == 0 }) else {
        throw DatabaseError(
          kind: .never,
          message: "this machine trusts no authorities (\(bundles[0]) is missing): apt install "
            + "ca-certificates, or name the authority's file in database.tls")
      }
      return path
    }
  }

  /// Lets the server ask for no password, and for nothing before it is verified.
  func secure(
    _ handle: UnsafeMutablePointer<MYSQL>, _ settings: ConnectionSettings
  ) throws(DatabaseError) {
    mysql_options(handle, MARIADB_OPT_RESTRICTED_AUTH, Self.methods.joined(separator: ","))
    var isVerified: my_bool = 0
    if let authorities = try Self.authorities(settings.tls) {
      isVerified = 1
      mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &isVerified)
      mysql_options(handle, MYSQL_OPT_SSL_CA, authorities)
      mysql_options(handle, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3")
    }
    // Off has to be said, too: from Connector/C 3.4 on it is the default.
    mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &isVerified)
  }

  /// What to do about a login that failed; empty where the server's words say it.
  static func advice(_ code: Int, _ settings: ConnectionSettings) -> String {
    switch code {
    case 2026 where settings.tls != .off:
      "; database.tls wants a certificate that bears the server's name and is signed by an authority "
        + "of its file; false connects without TLS"
    case 5010:
      "; pointsd sends no password in the clear: is it the server that is meant? The account needs "
        + "\(methods[0]) or ed25519"
    default: ""
    }
  }
}
