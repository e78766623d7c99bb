/// Who listens where, to find two that want the same port.
///
/// One port at two different addresses is no clash, unless one of them is a wildcard: that takes
/// the port at every address, of both families as `::` usually does. Every step takes the same
/// time, however many addresses a port has.
/// - Parameter Address: tests count its comparisons.
struct PortBook<Address: Hashable> {
  private struct Holders {
    /// Who took the port first, at whatever address.
    let first: String
    var wildcard: String?
    var owners: [Address: String] = [:]
  }

  private var ports: [Int: Holders] = [:]

  /// Takes a port.
  /// - Parameter isWildcard: whether `address` stands for all of the machine.
  /// - Returns: the owner that already has it, in words; nil when it was free.
  mutating func take(
    _ port: Int, at address: Address, isWildcard: Bool, for owner: String
  ) -> String? {
    if let holders = ports[port] {
      if isWildcard { return holders.first }
      if let holder = holders.wildcard ?? holders.owners[address] { return holder }
    }
    ports[port, default: Holders(first: owner)].owners[address] = owner
    if isWildcard { ports[port]?.wildcard = owner }
    return nil
  }
}

extension PortBook where Address == NetworkAddress {
  mutating func take(_ port: Int, at address: NetworkAddress, for owner: String) -> String? {
    take(port, at: address, isWildcard: address.isWildcard, for: owner)
  }
}
