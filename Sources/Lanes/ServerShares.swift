/// The connections that all servers share: half of them are divided equally, so that a flood
/// at one server leaves the others theirs, and the rest is for those who come first. Pure.
struct ServerShares {
  /// Clients of all servers together, as descriptors allow.
  private var descriptors: Int
  /// Clients of all servers together, as configured.
  private let limit: Int
  /// Servers that have a part.
  private var planned: Int
  private var open = 0
  /// Clients of each server, by key.
  private var clients: [Int] = []
  private var freeKeys: [Int] = []
  /// Clients beyond their servers' own parts.
  private var common = 0
  /// Clients that each server can have whatever others do.
  private(set) var share = 0

  /// - Parameters:
  ///   - limit: clients at a time, as configured.
  ///   - descriptors: descriptors for clients, beside those of the planned servers.
  ///   - servers: servers that are planned for; further ones take descriptors from clients.
  init(limit: Int, descriptors: Int, servers: Int) {
    self.limit = limit
    self.descriptors = descriptors
    planned = max(servers, 1)
    share = Self.share(of: capacity, among: planned)
  }

  private var capacity: Int { max(min(limit, descriptors), 0) }

  private static func share(of capacity: Int, among servers: Int) -> Int {
    let half = capacity / (2 * servers)
    let least = DescriptorBudget.leastPerServer
    return capacity < least * servers ? half : max(half, least)
  }

  /// A server begins to listen.
  /// - Returns: its key; nil when no descriptors are left for it and two clients.
  mutating func openServer() -> Int? {
    if open == planned {
      guard descriptors - 1 >= DescriptorBudget.leastPerServer * (planned + 1) else { return nil }
      planned += 1
      descriptors -= 1
      divide()
    }
    open += 1
    if let key = freeKeys.popLast() { return key }
    clients.append(0)
    return clients.count - 1
  }

  /// The server's socket and its clients are gone.
  mutating func closeServer(_ key: Int) {
    open -= 1
    freeKeys.append(key)
  }

  /// Divides again among more servers.
  private mutating func divide() {
    let before = share
    share = Self.share(of: capacity, among: planned)
    if share != before { common = clients.reduce(0) { $0 + max($1 - share, 0) } }
  }

  /// Takes a connection for a server; false when there is none left.
  mutating func take(_ key: Int) -> Bool {
    if clients[key] >= share {
      guard common < capacity - share * planned else { return false }
      common += 1
    }
    clients[key] += 1
    return true
  }

  mutating func giveBack(_ key: Int) {
    if clients[key] > share { common -= 1 }
    clients[key] -= 1
  }
}
