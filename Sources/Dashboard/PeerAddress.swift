import NIOCore

/// The address that one peer's connections are counted by: an IPv4 address, or the network of 64
/// bits that an IPv6 host has to itself.
struct PeerAddress: Sendable, Hashable {
  private let bits: UInt64
  private let isIPv6: Bool

  /// nil for loopback, where everybody on this machine has the same address, and for Unix sockets.
  init?(_ address: SocketAddress?) {
    guard let address, let bytes = Self.bytes(of: address) else { return nil }
    let isMapped =
      bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 }
      && bytes[10] == 0xFF && bytes[11] == 0xFF
    let significant = isMapped ? Array(bytes.suffix(4)) : bytes
    isIPv6 = significant.count == 16
    bits = significant.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    let isLoopback =
      isIPv6
      ? significant.dropLast().allSatisfy { $0 == 0 } && significant[15] == 1
      : significant[0] == 127
    if isLoopback { return nil }
  }

  private static func bytes(of address: SocketAddress) -> [UInt8]? {
    // Where ip(7) and ipv6(7) put the address in their structures.
    let place: Range<Int>
    switch address.protocol {
    case .inet: place = 4..<8
    case .inet6: place = 8..<24
    default: return nil
    }
    return address.withSockAddr { start, size in
      place.upperBound <= size
        ? Array(UnsafeRawBufferPointer(start: start, count: size)[place]) : nil
    }
  }
}
