import Glibc
import Synchronization

/// Ports of the loopback interface that nobody uses now.
///
/// They lie below those that the kernel gives to clients (`ip_local_port_range`), or a connection of
/// one test would take the port of another one's server; and one after the other from a place drawn
/// by lot, so that tests side by side, in one process or in several, get different ones.
public enum FreePorts {
  struct Exhausted: Error {}

  private static let range = 10_240..<32_768
  private static let cursor = Mutex(range.randomElement() ?? range.lowerBound)

  /// So many different ports.
  public static func take(_ count: Int) throws -> [Int] {
    try cursor.withLock { cursor in
      var taken: [Int] = []
      for _ in range where taken.count < count {
        if isFree(cursor) { taken.append(cursor) }
        cursor = cursor + 1 < range.upperBound ? cursor + 1 : range.lowerBound
      }
      guard taken.count == count else { throw Exhausted() }
      return taken
    }
  }

  private static func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) == 0
      }
    }
  }
}
