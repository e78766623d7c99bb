import ConfigurationFile
import Glibc

/// How this daemon is named in the ledger: the same at each start, another one for each daemon.
enum InstanceName {
  /// The key `instance`, else the host's name and the control socket's path.
  static func of(_ configuration: Configuration) -> String {
    configuration.instance ?? "\(host):\(configuration.control.socket)"
  }

  private static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "an unknown host" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
