/// Who listens where, to find two that want the same port.
///
/// One port at two different addresses is no clash, unless one of them is a wildcard: that takes
/// the port at every address, of both families as `::` usually does.
struct PortBook {
  private var entries: [Int: [(address: NetworkAddress, owner: String)]] = [:]

  /// Takes a port.
  /// - Returns: the owner that already has it, in words; nil when it was free.
  mutating func take(_ port: Int, at address: NetworkAddress, for owner: String) -> String? {
    let holder = entries[port]?.first {
      $0.address == address || $0.address.isWildcard || address.isWildcard
    }
    if let holder { return holder.owner }
    entries[port, default: []].append((address, owner))
    return nil
  }
}
