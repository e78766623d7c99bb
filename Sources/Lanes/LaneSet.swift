import Glibc
import Logging
import Points
import Synchronization

/// All event lanes, which hold the listeners.
///
/// A listener and its connections stay on one lane. A user keeps its lane, also over restarts of
/// its server, so that the lane's last known value outlives them.
public final class LaneSet: ListenerProvider {
  let lanes: [Lane]
  /// Users per lane, and the lane of each user.
  private let placement: Mutex<(lanes: [String: Int], users: [Int])>

  /// Makes the lanes; nothing is listened to yet.
  ///
  /// - Parameters:
  ///   - count: lanes, at least 1; one serves two cores well.
  ///   - budget: how many clients there may be at a time, as descriptors allow.
  ///   - makeReader: the reader of each lane, by its number; each should have a database
  ///     connection of its own.
  /// - Throws: `SystemFault` when the system refuses what a lane needs.
  public convenience init(
    count: Int = 1, limits: LaneLimits, budget: DescriptorBudget, logger: Logger,
    makeReader: (Int) -> any PointsReader
  ) throws {
    try self.init(
      count: count, limits: limits, logger: logger, clock: SystemLaneClock(),
      descriptors: budget.clients, servers: budget.servers, refusals: budget.refusals,
      makeReader: makeReader)
  }

  /// - Parameters:
  ///   - descriptors: descriptors for clients.
  ///   - servers: servers that are planned for; each further one takes a descriptor from clients.
  ///   - refusals: refused clients of a lane that may linger at a time.
  package init(
    count: Int, limits: LaneLimits, logger: Logger, clock: any LaneClock, descriptors: Int,
    servers: Int, refusals: Int = 64, makeReader: (Int) -> any PointsReader
  ) throws {
    let quota = ConnectionQuota(
      ServerShares(limit: limits.connections, descriptors: descriptors, servers: servers),
      refusals: refusals)
    lanes = try (0..<max(count, 1)).map { number in
      try Lane(
        number: number, limits: limits, quota: quota, reader: makeReader(number), clock: clock,
        logger: logger)
    }
    placement = Mutex(([:], Array(repeating: 0, count: max(count, 1))))
  }

  /// Opens a listener; throws `ListenerError`.
  ///
  /// - Parameter onFault: called once, on a lane's thread, when the listener stops working by
  ///   itself. It is closed then.
  public func open(
    _ specification: ListenerSpecification, onFault: @escaping @Sendable (String) -> Void
  ) async throws -> any OpenListener {
    try await lanes[laneIndex(of: specification.user)].open(specification, onFault: onFault)
  }

  /// Whether a listener could be opened now; throws `ListenerError` when not.
  public func check(_ specification: ListenerSpecification) async throws {
    Glibc.close(try ListeningSocket.open(specification).descriptor)
  }

  /// Takes rows that changed as the last known values, also of users whose listener is yet to be
  /// opened; watchers get them from a row that is read after this call.
  public func publish(_ rows: [PointsRow]) {
    for (lane, rows) in Dictionary(grouping: rows, by: { laneIndex(of: $0.user) }) {
      lanes[lane].publish(rows)
    }
  }

  /// Returns when every lane has answered: a lane that hangs never does.
  public func ping() async {
    for lane in lanes { await lane.ping() }
  }

  /// How often each lane did something, monotonic: for a watchdog, beside `ping`.
  public var progress: [Int] { lanes.map(\.progress) }

  /// Closes every listener; clients get what is pending, within two seconds, then the close.
  /// The lanes cannot be used afterwards.
  public func shutdown() async {
    await withTaskGroup(of: Void.self) { group in
      for lane in lanes { group.addTask { await lane.shutdown() } }
    }
  }

  /// What the lanes hold now, added up.
  package func statistics() async -> LaneStatistics {
    var sum = LaneStatistics()
    for lane in lanes { await sum.add(lane.statistics()) }
    return sum
  }

  /// The user's lane.
  private func laneIndex(of user: String) -> Int {
    placement.withLock { placement in
      if let known = placement.lanes[user] { return known }
      let emptiest = placement.users.indices.min { placement.users[$0] < placement.users[$1] } ?? 0
      placement.lanes[user] = emptiest
      placement.users[emptiest] += 1
      return emptiest
    }
  }
}
