import Glibc
import NIOPosix

/// An account of this machine.
struct Account: Sendable, Hashable, CustomStringConvertible {
  let identifier: uid_t
  /// nil where the machine has no name for it.
  let name: String?

  /// `alice (uid 1000)`
  var description: String { name.map { "\($0) (uid \(identifier))" } ?? "uid \(identifier)" }

  /// Asks the name service, on a thread that may block: accounts may be in a directory elsewhere.
  static func lookUp(_ identifier: uid_t) async -> Account {
    // A pool that is shut down names nobody; the number still says who it was.
    let found = try? await NIOThreadPool.singleton.runIfActive { Account.name(of: identifier) }
    return Account(identifier: identifier, name: found ?? nil)
  }

  private static func name(of identifier: uid_t) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(identifier, &entry, &buffer, buffer.count, &found) == 0, found != nil,
      let name = entry.pw_name
    else { return nil }
    let text = String(cString: name)
    // It ends in log lines: a directory may hold anything.
    let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    return isPlain && !text.isEmpty && text.utf8.count <= 256 ? text : nil
  }
}
