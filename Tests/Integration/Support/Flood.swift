import Glibc

/// More connections than the daemon has descriptors, held open until `end`. They take nothing that
/// is sent to them.
final class Flood {
  /// What the connections are, and what each says at first.
  enum Kind: String, CaseIterable, Sendable {
    case http
    case slowHeads
    case events
    case control
    case tcp

    var greeting: String {
      switch self {
      case .http, .control, .tcp: ""
      case .slowHeads: "GET /api/users HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
      case .events: "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
      }
    }
  }

  /// Thousands of connections are more than the soft limit that most machines start with.
  private static let raisedLimit: Void = {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }()

  private var descriptors: [Int32] = []

  /// - Parameter count: connections that are tried; the daemon need not take them.
  init(_ kind: Kind, of daemon: Daemon, count: Int) {
    _ = Self.raisedLimit
    for _ in 0..<count {
      let descriptor =
        switch kind {
        case .control: Self.connect(socket: daemon.controlSocket)
        case .tcp: Self.connect(port: daemon.port(of: "Afif"))
        case .http, .slowHeads, .events: Self.connect(port: daemon.httpPort)
        }
      guard let descriptor else { continue }
      descriptors.append(descriptor)
      let bytes = Array(kind.greeting.utf8)
      send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
  }

  deinit { end() }

  func end() {
    for descriptor in descriptors { close(descriptor) }
    descriptors = []
  }

  /// Says something more on every connection that still takes it.
  func say(_ text: String) {
    let bytes = Array(text.utf8)
    for descriptor in descriptors {
      send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
  }

  private static func connect(port: Int) -> Int32? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return connect(family: AF_INET, &address, size: MemoryLayout<sockaddr_in>.size)
  }

  private static func connect(socket path: String) -> Int32? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    return connect(family: AF_UNIX, &address, size: MemoryLayout<sockaddr_un>.size)
  }

  /// Connects, or gives up after a moment: the daemon need not accept.
  private static func connect<Address>(
    family: Int32, _ address: inout Address, size: Int
  ) -> Int32? {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    let outcome = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(size))
      }
    }
    if outcome != 0, errno != EINPROGRESS {
      close(descriptor)
      return nil
    }
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    poll(&waiting, 1, 100)
    return descriptor
  }
}
