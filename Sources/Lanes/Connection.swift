import Points

/// One client. Kept small: ten thousand idle ones cost a lane half a megabyte.
struct Connection {
  struct Flags: OptionSet {
    let rawValue: UInt16
    /// A first byte came: no line is sent unasked any more.
    static let said = Flags(rawValue: 1 << 0)
    /// The unasked line is owed, and nothing else.
    static let greetingOwed = Flags(rawValue: 1 << 1)
    /// The unasked line was sent, and may still count as the answer to the first request.
    static let greetingCounts = Flags(rawValue: 1 << 10)
    /// The client has ended its side.
    static let ended = Flags(rawValue: 1 << 2)
    /// Nothing more is read; closed as soon as nothing is owed.
    static let leaving = Flags(rawValue: 1 << 3)
    /// Our side is shut; what still comes is thrown away, so that the kernel does not answer it
    /// with a reset that would destroy what the client has not read yet.
    static let lingering = Flags(rawValue: 1 << 4)
    /// Told that there are too many; takes no place.
    static let refused = Flags(rawValue: 1 << 5)
    static let watching = Flags(rawValue: 1 << 6)
    /// Bytes wait for the client to read.
    static let backlogged = Flags(rawValue: 1 << 7)
    /// So many answers are owed that reading waits.
    static let paused = Flags(rawValue: 1 << 8)
    /// The newest answer has no line feed yet; one follows if the terminator comes.
    static let lacksLineFeed = Flags(rawValue: 1 << 9)
  }

  /// -1 when the slot is free.
  var descriptor: Int32 = -1
  /// Tells this use of the slot from earlier ones.
  var generation: UInt32 = 0
  /// Index of the listener; of the next free slot when free.
  var listener: Int32 = -1
  var flags: Flags = []
  /// What the epoll set was last told.
  var interest: EventSet.Interest = []
  var parser = WireProtocol.Parser()
  var owed = OwedAnswers.List()
  /// Place in the subject's list of watchers.
  var watcherIndex: Int32 = -1
  /// The version of the value that a watcher was last told.
  var seenVersion: UInt32 = 0
  /// When the last byte came, in milliseconds of the lane's clock, wrapping.
  var lastByte: UInt32 = 0
}

/// A listener on its lane.
struct ListenerPlace: Hashable, Sendable {
  let index: Int
  let generation: UInt32
}

/// A listening socket and what belongs to it.
struct ListenerRecord {
  /// -1 when closed.
  var descriptor: Int32
  let generation: UInt32
  let subject: Int
  /// For the log: `server1 (Afif, port 5001)`.
  let label: String
  /// The server's key in the quota.
  let quotaKey: Int
  let counters: ListenerCounters
  let onFault: @Sendable (String) -> Void
  /// Accepting waits for descriptors.
  var waitsForDescriptors = false
  var connections = 0
  var requests = 0
  /// Called when the last connection is closed.
  var whenClosed: [@Sendable () -> Void] = []

  /// Socket and connections are gone, nobody waits: the record may be used again.
  var isFree: Bool { descriptor < 0 && connections == 0 && whenClosed.isEmpty }
}

/// What a lane holds, for tests and benchmarks.
package struct LaneStatistics: Sendable {
  package var connections = 0
  package var connectionSlots = 0
  package var bytesPerSlot = MemoryLayout<Connection>.stride
  package var bytesReceived = 0
  package var owedNodes = 0
  package var backlogBytes = 0
  package var reads = 0
  package var watchers = 0

  package init() {}

  mutating func add(_ other: LaneStatistics) {
    connections += other.connections
    connectionSlots += other.connectionSlots
    bytesReceived += other.bytesReceived
    owedNodes += other.owedNodes
    backlogBytes += other.backlogBytes
    reads += other.reads
    watchers += other.watchers
  }
}
