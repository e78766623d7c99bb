import LedgerModel
import Points

/// A daemon's connections to the simulated server.
final class ModelStore: @unchecked Sendable {
  let server: DatabaseServer
  let instance: String
  let daemon: Int
  let mutation: Mutation?
  /// The daemon was killed: nothing it does reaches the server any more.
  var isDead = false
  /// The daemon was asked to stop.
  var isStopping = false
  /// Ticks in a row that found a user's row locked.
  var patience: [String: Int] = [:]
  /// What mutations remember.
  var latestDigest: LedgerDigest?
  var earlierSnapshot: LedgerSnapshot?
  var profiles: [String: Bool] = [:]

  var world: World { server.world }

  init(server: DatabaseServer, instance: String, daemon: Int, mutation: Mutation?) {
    self.server = server
    self.instance = instance
    self.daemon = daemon
    self.mutation = mutation
  }

  /// The daemon is gone. The server notices that of a killed one late.
  func end() {
    world.after(isDead ? world.random.within(0...8000) : 0) {
      if self.server.lockHolder?.store == ObjectIdentifier(self) { self.server.lockHolder = nil }
    }
  }

  /// What is sent, and what is known of it when its answer does not come.
  struct Request {
    var what: String
    /// Its operation, where the outcome may be unknown.
    var operation: Operation?
    /// Users whose rows it locks.
    var users: [String] = []
    /// Whether it waits a second for a locked row.
    var waits = false
    var writes = true

    func lost(_ reason: String) -> LedgerError {
      operation.map { .unknown(operation: $0.id, reason: "\(what): \(reason)") }
        ?? .unavailable("\(what): \(reason)")
    }
  }

  /// What happens to a statement on its way.
  private enum Fate { case fine, requestLost, replyLost, late, rolledBack }

  /// Sends something to the server, where `body` is carried out at one moment, or never.
  func perform<Result>(
    _ request: Request,
    _ body: @escaping (_ now: Int64, _ locked: Set<String>) throws(LedgerError) -> Result
  ) async throws(LedgerError) -> Result {
    try await reach(request)
    let fate = fate(request)
    await world.pause(world.random.within(0...12))
    if isDead || server.isAway || fate == .requestLost {
      // Died on the way: what was about to be committed may still be.
      if request.writes, world.random.percent(isDead ? 30 : 0) { giveUp(request, body) }
      await world.pause(world.random.within(0...800))
      throw request.lost("the connection was lost")
    }
    if request.waits, !server.locked.isDisjoint(with: request.users) {
      await world.pause(1000)
      try await reach(request)
    }
    switch fate {
    case .rolledBack: throw .locked("\(request.what): deadlock found")
    case .late:
      giveUp(request, body)
      await world.pause(world.random.within(10...3000))
      throw request.lost("the answer to COMMIT was lost")
    case .replyLost:
      _ = try body(server.now, server.locked)
      await world.pause(world.random.within(0...500))
      throw request.lost("the answer to COMMIT was lost")
    case .fine, .requestLost: break
    }
    let result = try body(server.now, server.locked)
    await world.pause(world.random.within(0...12))
    if isDead || server.isAway { throw request.lost("the connection was lost") }
    return result
  }

  /// Waits for a frozen server, up to its read deadline.
  private func reach(_ request: Request) async throws(LedgerError) {
    if isDead { throw .unavailable("dead") }
    var waited: Int64 = 0
    while server.isFrozen, waited < 5000, !isDead {
      await world.pause(200)
      waited += 200
    }
    if isDead || server.isFrozen { throw request.lost("no answer within 5 s") }
    if server.isAway {
      await world.pause(world.random.within(1...400))
      throw .unavailable("\(request.what): connection refused")
    }
  }

  private func fate(_ request: Request) -> Fate {
    guard world.random.percent(server.faultPercent) else { return .fine }
    guard request.writes else { return .requestLost }
    let fates: [Fate] = [.requestLost, .replyLost, .replyLost, .late, .rolledBack]
    return world.random.pick(fates)
  }

  /// The transaction stays with the server, which commits it later, or not.
  private func giveUp<Result>(
    _ request: Request, _ body: @escaping (Int64, Set<String>) throws(LedgerError) -> Result
  ) {
    guard server.locked.isDisjoint(with: request.users) else { return }
    let now = server.now
    server.takeOver(operation: request.operation, users: request.users) { locked in
      _ = try? body(now, locked)
    }
  }
}
