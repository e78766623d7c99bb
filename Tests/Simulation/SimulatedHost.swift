import Points

/// Listeners without sockets, of one process.
final class SimulatedHost: ListenerProvider, @unchecked Sendable {
  let world: World
  let judge: Judge
  /// Users whose listener is open.
  private(set) var open: [String: Listener] = [:]
  /// What watchers saw last of each user: how far into the user's history.
  private var shown: [String: (restores: Int, index: Int)] = [:]
  /// How often, in a hundred, a port is busy.
  var busyPercent = 5
  /// The process was killed.
  var isDead = false

  init(world: World, judge: Judge) {
    self.world = world
    self.judge = judge
  }

  final class Listener: OpenListener, @unchecked Sendable {
    let user: String
    let port: Int
    let host: SimulatedHost
    let onFault: @Sendable (String) -> Void
    var connections: Int { 0 }
    var requests: Int { 0 }

    init(
      _ specification: ListenerSpecification, host: SimulatedHost,
      onFault: @escaping @Sendable (String) -> Void
    ) {
      user = specification.user
      port = specification.port
      self.host = host
      self.onFault = onFault
    }

    func clients() async -> [ConnectedClient.Activity] { [] }

    func close() async {
      await host.world.pause(host.world.random.within(0...50))
      if host.open[user] === self { host.open[user] = nil }
    }
  }

  func open(
    _ specification: ListenerSpecification, onFault: @escaping @Sendable (String) -> Void
  ) async throws -> any OpenListener {
    await world.pause(world.random.within(0...20))
    if world.random.percent(busyPercent) {
      throw ListenerError(reason: "port \(specification.port) is in use", retryable: true)
    }
    if open[specification.user] != nil {
      world.fault("the listener of \(specification.user) was opened twice")
    }
    let listener = Listener(specification, host: self, onFault: onFault)
    open[specification.user] = listener
    return listener
  }

  func check(_ specification: ListenerSpecification) async throws {
    if world.random.percent(busyPercent) {
      throw ListenerError(reason: "port \(specification.port) is in use", retryable: true)
    }
  }

  /// Nobody is shown a state of a user that is older than one shown before.
  func publish(_ rows: [PointsRow]) {
    guard !isDead else { return }
    for row in rows {
      guard let history = judge.history[row.user] else { continue }
      let last = shown[row.user].flatMap { $0.restores == judge.restores ? $0.index : nil } ?? 0
      guard let index = history[last...].firstIndex(of: row) else {
        // Read before a restore and shown after it, or shown in the wrong order.
        if shown[row.user]?.restores == judge.restores, history.contains(row) {
          world.fault("\(row.user) was shown \(row.points) points after a newer state")
        }
        continue
      }
      shown[row.user] = (judge.restores, index)
    }
  }
}
