/// Which servers are spoken to.
enum ServerVersion {
  /// Why a server is none that can be used; nil when it can.
  /// - Parameter text: as the server gives it at the login, such as `10.11.6-MariaDB-0+deb12u1`.
  static func refusal(_ text: String) -> String? {
    guard text.contains("MariaDB") else {
      return "this server is MySQL \(text), and pointsd needs MariaDB 10.6 or later: name a MariaDB"
        + " server in database.hosts, or use database.managed, which needs none"
    }
    // Some say so for old replicas first.
    let version = text.hasPrefix("5.5.5-") ? text.dropFirst(6) : text[...]
    let numbers = version.split(separator: "-")[0].split(separator: ".").map { Int($0) ?? 0 }
    guard let major = numbers.first else { return nil }
    let minor = numbers.dropFirst().first ?? 0
    guard (major, minor) < (10, 6) else { return nil }
    return
      "this server is MariaDB \(version), and pointsd needs 10.6 or later, whose RENAME of several"
      + " tables is atomic over a crash: upgrade it"
  }
}
