import Points

/// The servers of the configured users, found by name and by number. It keeps its indexes in step.
struct ServerTable {
  /// In the order of the file.
  private(set) var all: [Server] = []
  /// By the folded names of their user and their own.
  private var byName: [FoldedName: Server] = [:]
  /// By their numbers, those that left and still close among them.
  private var byNumber: [Int: Server] = [:]
  private var nextNumber = 0

  init(_ definitions: [ServerDefinition], since: DateTimeStamp) {
    replace(by: definitions.map { make($0, since: since) })
  }

  /// A server that is not in the table yet, under a number of its own.
  mutating func make(_ definition: ServerDefinition, since: DateTimeStamp) -> Server {
    defer { nextNumber += 1 }
    return Server(number: nextNumber, definition: definition, since: since)
  }

  /// These are the servers now; those that left are found by their numbers until they are removed.
  mutating func replace(by servers: [Server]) {
    all = servers
    byName = Dictionary(
      servers.flatMap { server in
        [server.definition.user, server.definition.server].map { (FoldedName($0), server) }
      }, uniquingKeysWith: { first, _ in first })
    for server in servers { byNumber[server.number] = server }
  }

  /// Forgets a server that left and has closed its listener.
  mutating func removeIfGone(_ server: Server) {
    guard server.machine.state == .stopped, !server.actionUnderWay,
      byName[FoldedName(server.definition.user)] !== server
    else { return }
    byNumber[server.number] = nil
  }

  /// The server that goes by a name, its user's or its own, in any case.
  func named(_ name: String) -> Server? { byName[FoldedName(name)] }

  func numbered(_ number: Int) -> Server? { byNumber[number] }

  /// All configured users.
  var users: [String] { all.map(\.definition.user) }

  /// As the ledger needs to know them.
  var accounts: [LedgerUser] { all.map(\.account) }
}
