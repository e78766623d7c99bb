import NIOCore

/// The address that one peer's connections are counted by.
struct PeerAddress: Sendable, Hashable {
  private let network: String

  /// nil for loopback, where everybody on this machine has the same address, and for Unix sockets.
  init?(_ address: SocketAddress?) {
    guard let text = address?.ipAddress else { return nil }
    let host = Host(text)
    guard !host.isLoopback else { return nil }
    network = host.network
  }
}

extension Host {
  /// What counts as one peer: an IPv4 address, or the network of 64 bits that an IPv6 host has to
  /// itself, such as `2001:db8:1:2::/64`.
  var network: String {
    guard name.contains(":") else { return name }
    let halves = name.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
    var groups = halves[0].split(separator: ":").map(String.init)
    if halves.count > 1 {
      let behind = halves[1].split(separator: ":").map(String.init)
      groups += Array(repeating: "0", count: max(0, 8 - groups.count - behind.count)) + behind
    }
    return groups.prefix(4).joined(separator: ":") + "::/64"
  }
}
