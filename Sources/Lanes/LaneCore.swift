import Logging
import Points

/// What a lane knows and does: listeners, connections, requests, answers. It is given events, time
/// and rows, and reaches clients through a transport only: with the same of all it does the same.
///
/// Every function leaves the state whole. `Lane` calls one function after the other on its queue.
struct LaneCore<Sockets: Transport>: ~Copyable {
  let transport: Sockets
  let limits: LaneLimits
  let quota: ConnectionQuota
  let logger: Logger
  /// Whether each connection and request is logged; looked up once a turn, so that a request
  /// costs nothing when the level is off.
  var logsConnections = false

  var connections = ConnectionTable()
  var refusedConnections = 0
  var listeners = ListenerTable()
  var users = UserTable()
  var pending = PendingReplies()
  var readBatcher = ReadBatcher()
  /// The newest group whose reads are answered.
  var answeredGroup: UInt64 = 0
  /// Users of the read under way.
  private var usersBeingRead: [Int] = []

  /// Answers to one connection, put together before they are sent.
  var output = OutputBuffer(capacity: 64 * 1024)
  /// What slow clients have not taken yet.
  var backlogs: [Int: Backlog] = [:]

  var silences = DeadlineQueue(delayMilliseconds: WireProtocol.silenceMilliseconds)
  var greetings = DeadlineQueue(delayMilliseconds: WireProtocol.greetingMilliseconds)
  var lingerings = DeadlineQueue(delayMilliseconds: LaneTimes.lingerMilliseconds)
  var drains = DeadlineQueue(delayMilliseconds: Int64(LaneTimes.drainSeconds) * 1000)
  var acceptRetries = DeadlineQueue(delayMilliseconds: 100)
  var idleChecks = DeadlineQueue(delayMilliseconds: 1000)

  var tally = LaneTally()
  var bytesReceived = 0
  private var reads = 0
  /// Calls to make when the turn is over, so that none comes back into a turn.
  var deferredCallbacks: [@Sendable () -> Void] = []
  let readBuffer: UnsafeMutableBufferPointer<UInt8>

  init(transport: Sockets, limits: LaneLimits, quota: ConnectionQuota, logger: Logger) {
    self.transport = transport
    self.limits = limits
    self.quota = quota
    self.logger = logger
    readBuffer = .allocate(capacity: LaneTimes.readSize)
  }

  deinit {
    readBuffer.deallocate()
    output.deallocate()
    for slot in connections.openSlots { transport.close(connections[slot].descriptor) }
    for index in listeners.indices where listeners[index].isListening {
      transport.close(listeners[index].descriptor)
    }
  }

  // MARK: Events

  /// Takes in what there is at the transport.
  mutating func takeEvents(now: Int64) {
    logsConnections = logger.logLevel <= .debug
    for _ in 0..<LaneTimes.roundsPerTurn {
      let count = transport.poll()
      for index in 0..<count { handle(transport.event(at: index), now: now) }
      if count < EventSet.batch { return }
    }
  }

  private mutating func handle(_ event: EventSet.Event, now: Int64) {
    if Token.isListener(event.token) {
      acceptClients(of: Token.listener(event.token), now: now)
      return
    }
    guard let slot = connections.slot(of: event.token) else { return }
    if event.writable { sendBacklog(slot, now: now) }
    guard connections[slot].isOpen else { return }
    if event.readable || event.broken { receive(slot, broken: event.broken, now: now) }
  }

  // MARK: Reads of the database

  /// Begins the next read when one is due.
  /// - Returns: the names of the users to read.
  mutating func beginRead(now: Int64) -> [String]? {
    guard let due = readBatcher.beginRead(now: now) else { return nil }
    usersBeingRead = due
    reads += 1
    tally.reads += 1
    return due.map { users[$0].name }
  }

  /// The read that was begun last has ended.
  mutating func readEnded(_ result: Result<[PointsRow], ReadFailure>, now: Int64) {
    switch result {
    case .failure(let failure):
      tally.failedReads += 1
      logger.debug("a group read failed: \(failure.reason)", metadata: ["event": "group-read"])
      readBatcher.readFailed(now: now)
    case .success(let rows):
      let wasAway = readBatcher.isAway
      let group = readBatcher.readSucceeded()
      if wasAway { logger.notice("answers are fresh again", metadata: ["event": "group-read"]) }
      takeRead(rows, at: group.began)
      answer(group.tickets, upTo: group.group, as: .fresh, now: now)
      for user in usersBeingRead { updateWatchers(of: user, now: now) }
    }
  }

  /// Takes in what a read found, and what it did not find.
  private mutating func takeRead(_ rows: [PointsRow], at moment: Int64) {
    // One user, the usual case, needs no dictionary.
    if usersBeingRead.count == 1 {
      let row = rows.first { $0.user == users[usersBeingRead[0]].name }
      users[usersBeingRead[0]].take(row.map { .row($0) } ?? .missing, at: moment)
      return
    }
    var found: [Int: PointsRow] = [:]
    for row in rows { if let user = users.knownIndex(of: row.user) { found[user] = row } }
    for user in usersBeingRead {
      users[user].take(found[user].map { .row($0) } ?? .missing, at: moment)
    }
  }

  /// Rows that changed, as others read them.
  mutating func publish(_ rows: [PointsRow], now: Int64) {
    for row in rows {
      let user = users.index(of: row.user)
      guard users[user].value != .row(row) else { continue }
      // Watchers are sent what a read of this lane finds from here on: reads come one after the
      // other, so that no watcher sees points fall because two publications crossed.
      if !users[user].watchers.isEmpty, case .wait = readBatcher.ask(nil, about: user) { continue }
      users[user].take(.row(row), at: now)
      updateWatchers(of: user, now: now)
    }
  }

  // MARK: What the shell asks for at the end of a turn

  mutating func takeTally() -> LaneTally {
    defer { tally = LaneTally() }
    return tally
  }

  mutating func runDeferredCallbacks() {
    guard !deferredCallbacks.isEmpty else { return }
    let callbacks = deferredCallbacks
    deferredCallbacks = []
    for callback in callbacks { callback() }
  }

  /// The clients of a listener whose requests are read, or answered still.
  func clients(of listener: Int, now: Int64) -> [ConnectedClient.Activity] {
    let second = Self.seconds(now)
    return connections.openSlots(of: listener).map { connections[$0] }
      .filter { !$0.isRefused && $0.phase != .lingering }
      .map { connection in
        ConnectedClient.Activity(
          peer: "\(connection.peer)", ageSeconds: Int64(second &- connection.accepted),
          requests: Int(connection.requests), lastRequest: connection.lastRequest?.name,
          lastRequestAgeSeconds: connection.lastRequest.map { _ in
            Int64(second &- connection.lastRequestTime)
          })
      }
  }

  var statistics: LaneStatistics {
    var statistics = LaneStatistics()
    statistics.connections = connections.openSlots.count
    statistics.connectionSlots = connections.capacity
    statistics.bytesReceived = bytesReceived
    statistics.pendingNodes = pending.capacity
    statistics.backlogBytes = backlogs.values.reduce(0) { $0 + $1.bytes.count }
    statistics.reads = reads
    statistics.watchers = users.watcherCount
    return statistics
  }
}
