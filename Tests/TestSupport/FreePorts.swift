import Glibc

/// Ports of the loopback interface that nobody uses now.
public enum FreePorts {
  struct Exhausted: Error {}

  /// A thousand ports are more than the soft limit of open files that most machines start with.
  private static let raisedLimit: Void = {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }()

  /// So many different ports, chosen by the kernel.
  public static func take(_ count: Int) throws -> [Int] {
    _ = raisedLimit
    var held: [Int32] = []
    defer { for descriptor in held { close(descriptor) } }
    return try (0..<count).map { _ in
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      held.append(descriptor)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
        }
      }
      guard result else { throw Exhausted() }
      return Int(in_port_t(bigEndian: address.sin_port))
    }
  }
}
