import CLinux
import Glibc
import Logging
import Points

/// What a lane knows and does: listeners, connections, requests, answers. It makes system calls on
/// its sockets, all of them non-blocking, and nothing else: events, time and rows are brought to it.
///
/// Every function leaves the state whole. `Lane` calls one function after the other on its queue.
struct LaneCore: ~Copyable {
  /// Bytes taken from one connection at a time: the bound on what one read can make us owe.
  static let readSize = 2048
  /// With more answers owed than this a connection is not read.
  static let owedLimit: Int32 = 512
  /// Rounds of events before others get their turn on the queue.
  static let roundsPerTurn = 16
  /// How long a client may take to read what it is owed when its server stops.
  package static let drainSeconds = 2
  /// How long a client may take to end its side after we ended ours.
  static let lingerMilliseconds: Int64 = 1000

  let events: EventSet
  let limits: LaneLimits
  let quota: ConnectionQuota
  let logger: Logger

  var connections: [Connection] = []
  var freeConnection: Int32 = -1
  var refusedConnections = 0
  var listeners: [ListenerRecord] = []
  var subjects: [Subject] = []
  var subjectByName: [String: Int] = [:]
  var owed = OwedAnswers()
  var gate = ReadGate()
  /// The newest group whose reads are answered.
  var answeredGroup: UInt64 = 0
  /// Subjects of the read under way.
  var readSubjects: [Int] = []

  /// Answers to one connection, put together before they are sent.
  var output = OutputBuffer(capacity: 64 * 1024)
  /// What slow clients have not taken yet.
  var backlogs: [Int: Backlog] = [:]

  var silences = DeadlineQueue(delayMilliseconds: WireProtocol.silenceMilliseconds)
  var greetings = DeadlineQueue(delayMilliseconds: WireProtocol.greetingMilliseconds)
  var lingerings = DeadlineQueue(delayMilliseconds: LaneCore.lingerMilliseconds)
  var drains = DeadlineQueue(delayMilliseconds: Int64(LaneCore.drainSeconds) * 1000)
  var acceptRetries = DeadlineQueue(delayMilliseconds: 100)
  var idleChecks = DeadlineQueue(delayMilliseconds: 1000)

  var tally = LaneTally()
  var bytesReceived = 0
  var reads = 0
  /// Calls to make when the turn is over, so that nobody calls back into a turn.
  var news: [@Sendable () -> Void] = []
  private let eventBuffer: UnsafeMutableBufferPointer<epoll_event>
  let readBuffer: UnsafeMutableBufferPointer<UInt8>

  init(events: EventSet, limits: LaneLimits, quota: ConnectionQuota, logger: Logger) {
    self.events = events
    self.limits = limits
    self.quota = quota
    self.logger = logger
    eventBuffer = .allocate(capacity: EventSet.batch)
    readBuffer = .allocate(capacity: Self.readSize)
  }

  deinit {
    eventBuffer.deallocate()
    readBuffer.deallocate()
    output.deallocate()
    for connection in connections where connection.descriptor >= 0 {
      Glibc.close(connection.descriptor)
    }
    for listener in listeners where listener.descriptor >= 0 { Glibc.close(listener.descriptor) }
  }

  // MARK: Events

  /// Takes in what there is at the sockets.
  mutating func takeEvents(now: Int64) {
    for _ in 0..<Self.roundsPerTurn {
      let count = events.poll(into: eventBuffer)
      for index in 0..<count { handle(EventSet.Event(eventBuffer[index]), now: now) }
      if count < EventSet.batch { return }
    }
  }

  private mutating func handle(_ event: EventSet.Event, now: Int64) {
    if Token.isListener(event.token) {
      acceptClients(of: Token.listener(event.token), now: now)
      return
    }
    guard let slot = slot(of: event.token) else { return }
    if event.writable { sendBacklog(slot, now: now) }
    guard connections[slot].descriptor >= 0 else { return }
    if event.readable || event.broken { receive(slot, broken: event.broken, now: now) }
  }

  // MARK: Reads of the database

  /// Begins the next read when one is due.
  /// - Returns: the users to read.
  mutating func beginRead(now: Int64) -> [String]? {
    guard let due = gate.beginRead(now: now) else { return nil }
    readSubjects = due
    reads += 1
    tally.reads += 1
    return due.map { subjects[$0].name }
  }

  /// The read that was begun last has ended.
  mutating func readEnded(_ result: Result<[PointsRow], ReadFailure>, now: Int64) {
    switch result {
    case .failure(let failure):
      tally.failedReads += 1
      logger.debug("a group read failed: \(failure.reason)", metadata: ["event": "group-read"])
      gate.readFailed(now: now)
    case .success(let rows):
      let wasAway = gate.isAway
      let group = gate.readSucceeded()
      if wasAway { logger.notice("answers are fresh again", metadata: ["event": "group-read"]) }
      takeRead(rows, at: group.began)
      answer(group.tickets, upTo: group.group, as: .fresh, now: now)
      for subject in readSubjects { tellWatchers(of: subject, now: now) }
    }
  }

  /// Takes in what a read found, and what it did not find.
  private mutating func takeRead(_ rows: [PointsRow], at moment: Int64) {
    // One user, the usual case, needs no dictionary.
    if readSubjects.count == 1 {
      let row = rows.first { $0.user == subjects[readSubjects[0]].name }
      subjects[readSubjects[0]].take(row.map { .row($0) } ?? .missing, at: moment)
      return
    }
    var found: [Int: PointsRow] = [:]
    for row in rows { if let subject = subjectByName[row.user] { found[subject] = row } }
    for subject in readSubjects {
      subjects[subject].take(found[subject].map { .row($0) } ?? .missing, at: moment)
    }
  }

  /// Rows that changed, as somebody else saw them.
  mutating func publish(_ rows: [PointsRow], now: Int64) {
    for row in rows {
      let subject = subject(named: row.user)
      guard subjects[subject].value != .row(row) else { continue }
      // Who watches is told what a read of this lane finds from here on: reads come one after the
      // other, so that a watcher never sees points go back because two publications crossed.
      if !subjects[subject].watchers.isEmpty,
        case .wait = gate.ask(nil, about: subject)
      {
        continue
      }
      subjects[subject].take(.row(row), at: now)
      tellWatchers(of: subject, now: now)
    }
  }

  // MARK: What the shell asks for at the end of a turn

  mutating func takeTally() -> LaneTally {
    defer { tally = LaneTally() }
    return tally
  }

  mutating func tellNews() {
    guard !news.isEmpty else { return }
    let calls = news
    news = []
    for call in calls { call() }
  }

  var statistics: LaneStatistics {
    var statistics = LaneStatistics()
    statistics.connections = connections.count { $0.descriptor >= 0 }
    statistics.connectionSlots = connections.count
    statistics.bytesReceived = bytesReceived
    statistics.owedNodes = owed.capacity
    statistics.backlogBytes = backlogs.values.reduce(0) { $0 + $1.bytes.count }
    statistics.reads = reads
    statistics.watchers = subjects.reduce(0) { $0 + $1.watchers.count }
    return statistics
  }
}
