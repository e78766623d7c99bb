/// How the descriptors of this process are divided: pure arithmetic, made once at start.
///
/// Each share is a bound that its part keeps by itself, so that no kind of client can take what
/// another one, or the process, needs. What nobody holds is the reserve: libdispatch ends the
/// process when it cannot open a file of `/proc`, a lost database connection is opened again, a
/// backup starts a program.
public struct DescriptorBudget: Sendable, Hashable {
  /// What the configuration asks for.
  public struct Needs: Sendable, Hashable {
    /// Users' servers.
    public var servers: Int
    /// Connections of all pools to the database.
    public var databaseConnections: Int
    /// Processors of this machine: so many event loops serve HTTP, at most four.
    public var processors: Int

    public init(servers: Int, databaseConnections: Int, processors: Int) {
      self.servers = servers
      self.databaseConnections = databaseConnections
      self.processors = processors
    }
  }

  /// The limit of open files is below what the configuration needs.
  public struct Shortage: Error, Sendable, Hashable, CustomStringConvertible {
    /// The limit that holds.
    public let limit: Int
    /// The lowest limit that would do.
    public let needed: Int
    let servers: Int

    public var description: String {
      "\(servers) users need \(needed) descriptors and the limit of open files is \(limit): "
        + "raise it to \(needed) or more (LimitNOFILE= of the unit, ulimit -n) or name fewer users"
    }
  }

  /// The limit of open files.
  public let limit: Int
  /// Users' servers that are planned for, a listening socket each.
  public let servers: Int
  /// TCP clients of all users' servers together, at least two for each server.
  public let clients: Int
  /// HTTP connections over TCP.
  public let http: Int
  /// Streams: `/api/events` and followed logs.
  public let events: Int
  /// Connections to the control socket.
  public let control: Int
  /// What none of the above may take.
  public let reserve: Int
  /// Event loops that serve HTTP.
  public let eventLoops: Int

  /// Refused TCP clients that may linger until they have read why; part of the reserve.
  public var refusals: Int { min(reserve / 4, 64) }

  /// Whether so few descriptors are there that everything beside the servers does with the least.
  public static func areFew(_ limit: Int) -> Bool { limit < 256 }

  /// Divides `limit` descriptors; throws `Shortage` when they do not suffice.
  public init(limit: Int, needs: Needs) throws(Shortage) {
    // An event loop costs three descriptors: few descriptors, one loop.
    let eventLoops = Self.areFew(limit) ? 1 : min(max(needs.processors, 1), 4)
    let fixed = Self.ownUse(needs, eventLoops: eventLoops) + needs.servers
    let needed =
      fixed + Self.least.reserve + Self.least.http + Self.least.events + Self.least.control
      + Self.leastPerServer * needs.servers
    guard limit >= needed else {
      throw Shortage(limit: limit, needed: needed, servers: needs.servers)
    }
    let surplus = limit - needed
    self.limit = limit
    self.servers = needs.servers
    self.eventLoops = eventLoops
    reserve = min(Self.least.reserve + surplus / 8, Self.most.reserve)
    http = min(Self.least.http + surplus / 8, Self.most.http)
    events = min(Self.least.events + surplus / 8, Self.most.events)
    control = min(Self.least.control + surplus / 32, Self.most.control)
    clients = limit - fixed - reserve - http - events - control
  }

  private typealias Shares = (reserve: Int, http: Int, events: Int, control: Int)
  private static let least: Shares = (8, 4, 2, 2)
  private static let most: Shares = (128, 4096, 2048, 256)
  /// Clients that every server can have whatever others do.
  static let leastPerServer = 2

  /// What the process itself holds at most, users' listeners excepted; counted on the running
  /// daemon.
  private static func ownUse(_ needs: Needs, eventLoops: Int) -> Int {
    let standardStreams = 3
    let dispatch = 4
    let signals = 5
    let listeners = 2
    let serviceManager = 3
    let lane = 1
    let managedDatabase = 2
    // One connection more than the pool's asks how the database is. libdispatch watches a copy.
    let databases = 2 * (needs.databaseConnections + 1)
    return standardStreams + dispatch + signals + listeners + serviceManager + lane
      + managedDatabase + databases + 3 * eventLoops
  }
}
