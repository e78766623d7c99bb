import Points

/// One client. Kept small: ten thousand idle ones cost a lane 800 KB.
struct Connection {
  /// How far a connection's life is. It only moves down this list.
  enum Phase: UInt8 {
    /// Requests are read and answered.
    case open
    /// The client has ended its side: what is pending is sent, then the connection is closed.
    case peerClosed
    /// We end it: nothing more is read, what is pending is sent, then our side is shut.
    case closing
    /// Our side is shut; what still comes is thrown away, so that the kernel does not answer it
    /// with a reset that would destroy what the client has not read yet.
    case lingering
  }

  /// What became of the line that is sent unasked.
  enum Greeting: UInt8 {
    /// The client has sent nothing yet.
    case possible
    /// Its reply is pending, and nothing else.
    case pending
    /// It was sent, and may count as the answer to the first request.
    case sent
    /// A byte came before it, or the first request came behind it.
    case over
  }

  /// -1 when the slot is free.
  var descriptor: Int32 = -1
  /// Incremented on reuse of the slot, to detect stale tokens.
  var generation: UInt32 = 0
  /// Index of the listener; of the next free slot when free.
  var listener: Int32 = -1
  /// Index in the user's list of watchers; -1 for who does not watch.
  var watcherIndex: Int32 = -1
  /// The version of the value that was last sent to a watcher.
  var seenVersion: UInt32 = 0
  /// When the last byte came, in milliseconds of the lane's clock, wrapping.
  var lastByte: UInt32 = 0
  /// When it was accepted, in seconds of the lane's clock.
  var accepted: UInt32 = 0
  /// When the latest request came, likewise.
  var lastRequestTime: UInt32 = 0
  /// Requests that came, wrapping.
  var requests: UInt32 = 0
  /// nil before the first.
  var lastRequest: WireProtocol.Request?
  var pending = PendingReplies.List()
  var parser = WireProtocol.Parser()
  var peer = PeerAddress.unknown
  var phase = Phase.open
  var greeting = Greeting.possible
  /// Refused for want of room; holds no slot of the quota.
  var isRefused = false
  /// Bytes wait for the client to read.
  var isBacklogged = false
  /// The newest answer has no line feed yet; one follows if the terminator comes.
  var lacksLineFeed = false
  /// What the transport reports now.
  var interest: EventSet.Interest = .read

  /// With more replies pending than this a connection is not read.
  static let pendingLimit: Int16 = 512

  var isOpen: Bool { descriptor >= 0 }
  var isWatching: Bool { watcherIndex >= 0 }

  /// Whether the client's bytes are requests that are read now: back-pressure pauses reading.
  var isRead: Bool { phase == .open && !isBacklogged && !isPaused }

  /// So many replies are pending that reading waits.
  var isPaused: Bool { pending.count >= Self.pendingLimit }

  /// What the transport should report now.
  var wantedInterest: EventSet.Interest {
    var wanted: EventSet.Interest = phase == .lingering || isRead ? .read : []
    if isBacklogged { wanted.insert(.write) }
    return wanted
  }

  /// Whether nothing is left to be sent.
  var isDrained: Bool { pending.isEmpty && !isBacklogged }
}
