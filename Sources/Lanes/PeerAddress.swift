import Glibc

/// The address and port of a client, in 18 bytes. IPv4 is kept as an IPv4-mapped IPv6 address.
struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  private var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  /// In the host's byte order.
  let port: UInt16

  /// What is not known.
  static let unknown = PeerAddress(ipv4: (0, 0, 0, 0), port: 0)

  init(ipv4 address: (UInt8, UInt8, UInt8, UInt8), port: UInt16) {
    self.port = port
    withUnsafeMutableBytes(of: &words) { bytes in
      bytes[10] = 0xFF
      bytes[11] = 0xFF
      bytes[12] = address.0
      bytes[13] = address.1
      bytes[14] = address.2
      bytes[15] = address.3
    }
  }

  /// Takes what accept(2) found; `unknown` for another family.
  init(_ storage: sockaddr_storage) {
    self = withUnsafeBytes(of: storage) { bytes in
      // The port stands at the same offset in both families.
      let port = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
      switch Int32(storage.ss_family) {
      case AF_INET:
        return PeerAddress(ipv4: (bytes[4], bytes[5], bytes[6], bytes[7]), port: port)
      case AF_INET6:
        return PeerAddress(ipv6: UnsafeRawBufferPointer(rebasing: bytes[8..<24]), port: port)
      default: return .unknown
      }
    }
  }

  private init(ipv6 address: UnsafeRawBufferPointer, port: UInt16) {
    self.port = port
    withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: address) }
  }

  private var isIPv4: Bool {
    words.0 == 0 && words.1 == 0 && words.2 == UInt32(bigEndian: 0x0000_FFFF)
  }

  static func == (one: PeerAddress, other: PeerAddress) -> Bool {
    one.words == other.words && one.port == other.port
  }

  func hash(into hasher: inout Hasher) {
    withUnsafeBytes(of: words) { hasher.combine(bytes: $0) }
    hasher.combine(port)
  }

  /// `127.0.0.1:40312` or `[::1]:40312`.
  var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let isIPv4 = isIPv4
    withUnsafeBytes(of: words) { bytes in
      let start = bytes.baseAddress.map { isIPv4 ? $0 + 12 : $0 }
      _ = inet_ntop(isIPv4 ? AF_INET : AF_INET6, start, &text, socklen_t(text.count))
    }
    let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    return isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }
}
