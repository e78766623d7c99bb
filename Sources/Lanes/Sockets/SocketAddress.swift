import CLinux
import Glibc
import Points

/// An IPv4 or IPv6 address with a port, as the system wants it.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private let length: socklen_t
  let family: Int32

  /// Takes an address in figures; names are not looked up, that would block.
  init(_ specification: ListenerSpecification) throws(ListenerError) {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let outcome = getaddrinfo(
      specification.address, String(specification.port), &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard outcome == 0, let first = found?.pointee, let address = first.ai_addr else {
      throw ListenerError(
        reason: "`\(specification.address)` is no IPv4 or IPv6 address (port "
          + "\(specification.port)): write it in figures, such as 127.0.0.1 or ::1",
        retryable: false)
    }
    family = first.ai_family
    length = first.ai_addrlen
    withUnsafeMutableBytes(of: &storage) { storage in
      storage.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
    }
  }

  /// bind(2): 0, or -1 and the reason in `errno`.
  func bind(_ descriptor: Int32) -> Int32 {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, length)
      }
    }
  }

  /// The port a socket is bound to.
  static func port(of descriptor: Int32) -> Int? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let outcome = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &length)
      }
    }
    guard outcome == 0 else { return nil }
    // The port stands at the same offset in both families.
    return withUnsafeBytes(of: storage) { bytes in
      Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    }
  }
}
