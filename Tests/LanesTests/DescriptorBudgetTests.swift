import Testing

@testable import Lanes

@Suite struct DescriptorBudgetTests {
  private static let five = DescriptorBudget.Needs(
    servers: 5, databaseConnections: 4, processors: 2)

  @Test(arguments: [64, 300, 400, 4096, 1_000_000])
  func everyDescriptorIsInOneShare(limit: Int) throws {
    let budget = try DescriptorBudget(limit: limit, needs: Self.five)
    #expect(budget.clients >= 2 * 5)
    #expect(budget.http >= 4 && budget.events >= 2 && budget.control >= 2)
    #expect(budget.reserve >= 8 && budget.refusals < budget.reserve)
    // The daemon held 32 at rest when this was written, five listeners and two of its five
    // connections to the database among them.
    let own =
      limit - budget.clients - budget.http - budget.events - budget.control - budget.reserve
      - budget.servers
    #expect(own >= 32 - 5 + 2 * 3 - (2 - budget.eventLoops) * 3)
  }

  @Test func whatFewDescriptorsGive() throws {
    let budget = try DescriptorBudget(limit: 64, needs: Self.five)
    #expect(budget.clients == 10 && budget.http == 4 && budget.control == 2)
    #expect(budget.eventLoops == 1)
  }

  @Test func manyDescriptorsAreForClients() throws {
    let budget = try DescriptorBudget(limit: 1_000_000, needs: Self.five)
    #expect(budget.http == 4096 && budget.events == 2048 && budget.control == 256)
    #expect(budget.reserve == 128)
    #expect(budget.clients > 990_000)
  }

  @Test func belowTheLeastTheNumberNeededIsSaid() throws {
    let shortage = try #require(throws: DescriptorBudget.Shortage.self) {
      try DescriptorBudget(limit: 40, needs: Self.five)
    }
    #expect(shortage.needed <= 64)
    #expect("\(shortage)".contains("need \(shortage.needed) descriptors"))
    #expect("\(shortage)".contains("the limit of open files is 40"))
    _ = try DescriptorBudget(limit: shortage.needed, needs: Self.five)
    #expect(throws: DescriptorBudget.Shortage.self) {
      try DescriptorBudget(limit: shortage.needed - 1, needs: Self.five)
    }
  }

  @Test func usersAndConnectionsCountAmongTheNeeds() throws {
    func needed(_ needs: DescriptorBudget.Needs) throws -> Int {
      try #require(throws: DescriptorBudget.Shortage.self) {
        try DescriptorBudget(limit: 0, needs: needs)
      }.needed
    }
    let base = try needed(Self.five)
    // A listening socket and two clients.
    #expect(
      try needed(.init(servers: 6, databaseConnections: 4, processors: 2)) == base + 3)
    #expect(
      try needed(.init(servers: 5, databaseConnections: 5, processors: 64)) == base + 2)
  }
}

@Suite struct ServerSharesTests {
  /// Places for servers that are open, and their keys.
  private func places(
    limit: Int = 1000, descriptors: Int, servers: Int
  ) throws -> (ServerShares, [Int]) {
    var places = ServerShares(limit: limit, descriptors: descriptors, servers: servers)
    var keys: [Int] = []
    for _ in 0..<servers {
      let key = places.openServer()
      keys.append(try #require(key))
    }
    return (places, keys)
  }

  /// Takes as many places as there are.
  private func flood(_ places: inout ServerShares, _ key: Int) -> Int {
    var taken = 0
    while places.take(key) { taken += 1 }
    return taken
  }

  @Test func aFloodAtOneServerLeavesTheOthersTheirShare() throws {
    var (places, keys) = try places(descriptors: 100, servers: 5)
    var taken = keys.map { flood(&places, $0) }
    #expect(taken == [10 + 50, 10, 10, 10, 10])
    for _ in 0..<60 { places.giveBack(keys[0]) }
    taken = [keys[1], keys[0]].map { flood(&places, $0) }
    #expect(taken == [50, 10])
  }

  @Test func withFewDescriptorsEachHasTwo() throws {
    var (places, keys) = try places(descriptors: 10, servers: 5)
    let taken = keys.map { flood(&places, $0) }
    #expect(taken == [2, 2, 2, 2, 2])
  }

  @Test func theConfiguredLimitHoldsToo() throws {
    var (places, keys) = try places(limit: 2, descriptors: 1000, servers: 2)
    let taken = keys.map { flood(&places, $0) }
    #expect(taken == [2, 0])
  }

  @Test func furtherServersTakeDescriptorsFromClients() throws {
    var (places, keys) = try places(descriptors: 20, servers: 2)
    #expect(places.share == 5)
    var taken = [flood(&places, keys[0])]
    #expect(taken == [15])
    let opened = places.openServer()
    let third = try #require(opened)
    #expect(places.share == 3)
    // What is taken stays taken; the share of the newcomer is free as soon as it is given back.
    for _ in 0..<15 { places.giveBack(keys[0]) }
    taken = [keys[0], third, keys[1]].map { flood(&places, $0) }
    #expect(taken == [3 + 10, 3, 3])
  }

  @Test func noServerOpensWithoutDescriptorsForItsClients() throws {
    var (places, keys) = try places(descriptors: 5, servers: 1)
    let second = places.openServer()
    let third = places.openServer()
    #expect(second != nil && third == nil)
    places.closeServer(keys[0])
    let fourth = places.openServer()
    #expect(fourth != nil)
  }
}
