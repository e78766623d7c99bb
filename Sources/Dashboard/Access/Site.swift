import Synchronization

/// Where browsers on this machine find the page.
final class Site: Sendable {
  private let host: String
  private let port = Mutex<Int?>(nil)
  /// Why HTTP does not listen; nil while it does, or was not tried.
  private let fault = Mutex<String?>(nil)

  /// - Parameter address: what HTTP is bound to. For a wildcard the loopback address is named; never
  ///   `localhost`, on whose other address another account may listen.
  init(address: String) {
    let name = Host(address).name
    self.host =
      switch name {
      case "0.0.0.0": "127.0.0.1"
      case "::": "[::1]"
      default: name.contains(":") ? "[\(name)]" : name
      }
  }

  /// Notes that HTTP listens.
  /// - Returns: whether it is the first time.
  func listens(port new: Int?) -> Bool {
    fault.withLock { $0 = nil }
    return port.withLock { port in
      defer { port = new ?? port }
      return port == nil && new != nil
    }
  }

  /// Notes that HTTP cannot listen, and why.
  func cannotListen(_ reason: String) { fault.withLock { $0 = reason } }

  /// Why nobody can open the page; nil when HTTP listens, as far as is known.
  var whyNobodyListens: String? { fault.withLock { $0 } }

  /// The address of a path; nil before HTTP listens.
  func url(_ path: String) -> String? {
    port.withLock { $0 }.map { "http://\(host):\($0)\(path)" }
  }
}
