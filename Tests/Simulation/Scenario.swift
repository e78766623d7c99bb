import LedgerModel
import Points
import Supervisor

/// One seed: a minute or two of faults and people, then quiet, then the reckoning.
struct Scenario {
  let seed: UInt64
  var mutation: Mutation?
  var traces = false

  /// How long everything has to come to rest, in milliseconds.
  static let quiet: Int64 = 60_000

  static func definition(
    _ user: String, group: String, _ random: inout Generator
  ) -> ServerDefinition {
    ServerDefinition(
      user: user, server: "server of \(user)", groups: [group], address: "127.0.0.1",
      port: 5000 + random.below(1000),
      terms: AccrualTerms(
        points: random.within(1...10),
        intervalMilliseconds: random.pick([1000, 2000, 2500, 5000])))
  }

  /// - Returns: what was found wrong.
  func run() -> [String] {
    let world = World(seed: seed, traces: traces)
    let judge = Judge(world: world)
    let server = DatabaseServer(
      world: world, judge: judge,
      maximumCatchUpSeconds: world.random.percent(20) ? 10 : 600)
    let count = world.random.pick([1, 1, 2, 3])
    let daemons = (0..<count).map { number in
      let group = ["A", "B", "C"][number]
      let file = (0..<(1 + world.random.below(4))).map {
        Self.definition("\(group)\($0)", group: group, &world.random)
      }
      return Daemon(number: number, server: server, file: file, mutation: mutation)
    }
    let operators = Operators(server: server, daemons: daemons)
    daemons[0].start()
    let end = world.random.within(40_000...90_000)
    server.faultPercent = world.random.pick([0, 3, 10, 25])
    schedule(server, operators, until: end)
    world.run(until: end)
    rest(server, daemons)
    judge.conclude(server, daemons)
    for daemon in daemons { daemon.kill() }
    world.run(until: world.now + 40_000)
    return world.faults
  }

  /// Faults and people, each at moments by chance.
  private func schedule(_ server: DatabaseServer, _ operators: Operators, until end: Int64) {
    let world = server.world
    func often(_ range: ClosedRange<Int64>, _ body: @escaping () -> Void) {
      world.after(world.random.within(range)) {
        guard world.now < end else { return }
        body()
        often(range, body)
      }
    }
    often(100...2500) { operators.act() }
    often(1000...3000) {
      for process in operators.daemons.compactMap(\.process) {
        server.judge.checkReadiness(server, process)
      }
    }
    let troubles: [() -> Void] = [
      { server.goAway(for: world.random.within(200...15_000)) },
      { server.freeze(for: world.random.within(200...8000)) },
      {
        guard let user = server.ledger.rows.keys.sorted().randomElement(using: &world.random)
        else { return }
        server.lock(user, for: world.random.within(300...9000))
      },
      {
        world.trace("the lock's session is cut")
        server.lockHolder = nil
      },
      {
        let back = world.random.within(-20_000...5000)
        world.trace("the clock is set by \(back) ms")
        server.clock += back
      },
    ]
    let kinds = troubles.indices.filter { _ in world.random.percent(60) }
    guard !kinds.isEmpty else { return }
    often(2000...15_000) { troubles[world.random.pick(kinds)]() }
  }

  /// Everything is well again, and only the first daemon that has the lock, or waits for it, goes on.
  private func rest(_ server: DatabaseServer, _ daemons: [Daemon]) {
    let world = server.world
    server.faultPercent = 0
    world.trace("from now on all is quiet")
    for daemon in daemons { daemon.process?.host.busyPercent = 0 }
    // Whoever waits for the lock in vain, or was asked to stop, ends.
    world.run(until: world.now + 22_000)
    if daemons.allSatisfy({ $0.process == nil }) { world.random.pick(daemons).start() }
    for daemon in daemons { daemon.process?.host.busyPercent = 0 }
    world.run(until: world.now + Self.quiet)
  }
}
