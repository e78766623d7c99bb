import MariaDB
import Points

/// The operation is in the ledger already: the change was made by an earlier try.
struct AlreadyDone: Error {}

extension Session {
  /// Notes an operation, first of all in its transaction. Throws `AlreadyDone` when it is known.
  func begin(_ operation: Operation, kind: String, user: String?) throws {
    do {
      try execute(
        """
        INSERT INTO operations (id, kind, user, asked_by, reason, made_at) \
        VALUES (?, ?, ?, ?, ?, NOW(3))
        """,
        [
          .text(operation.id, atMost: 64), .text(kind), Value(user), .who(operation.who),
          .reason(operation.reason),
        ])
    } catch let error as DatabaseError where error.kind == .alreadyDone {
      throw AlreadyDone()
    }
  }
}

extension Ledger: LedgerStore {
  public func apply(
    _ change: Change, to user: String, terms: AccrualTerms, effective: EffectiveIntent?,
    operation: Operation
  ) async throws -> (row: PointsRow, intent: Intent) {
    let limit = maximumCatchUpMilliseconds
    do {
      return try await retries.run("\(change.word) \(user)") {
        try await pool.transaction { session in
          try session.begin(operation, kind: change.word, user: user)
          return try session.apply(
            change, to: user, terms: terms, effective: effective, operation: operation,
            maximumCatchUpMilliseconds: limit)
        }
      }
    } catch is AlreadyDone {
      return try await present(user)
    }
  }

  /// What a user has and what was asked last.
  private func present(_ user: String) async throws -> (row: PointsRow, intent: Intent) {
    try await retries.run("read \(user)") {
      try await pool.run { session in
        guard let row = try session.rows(of: [user]).first else {
          throw LedgerError.unknownUser(user)
        }
        return (row, try session.intents(of: [user])[user] ?? .unasked(user))
      }
    }
  }

  /// A user whose row is locked keeps no other user's run open; it is tried again alone, and named
  /// when the lock stays.
  public func closeRuns(of users: [String], operation: Operation) async throws {
    let locked: [String]
    do {
      locked = try await close(users, .skip, operation) { session in
        try session.begin(operation, kind: "close", user: nil)
      }
    } catch is AlreadyDone {
      // An earlier try went through and only its answer was lost; who was locked is seen below.
      locked = users
    }
    try await closeLocked(locked, operation)
  }

  /// How often, and with what pauses, it is tried to close runs that others have locked.
  private static let closeAttempts = 8
  private static let closePause = Duration.milliseconds(250)

  /// Closes the runs of users as soon as their locks are gone, and names those whose locks stay.
  private func closeLocked(_ users: [String], _ operation: Operation) async throws {
    var locked = users
    for attempt in 1...Self.closeAttempts where !locked.isEmpty {
      if attempt > 1 { try await retries.clock.sleep(for: Self.closePause) }
      locked = try await close(locked, .skip, operation) { _ in }
    }
    guard locked.isEmpty else {
      throw LedgerError.unavailable(
        "the runs of \(locked.joined(separator: ", ")) are locked by another transaction, such as one"
          + " left open in a SQL shell")
    }
  }

  /// Settles and closes runs in one transaction that begins with `first`.
  /// - Returns: users whose rows were locked.
  private func close(
    _ users: [String], _ policy: LockPolicy, _ operation: Operation,
    first: @escaping @Sendable (Session) throws -> Void
  ) async throws -> [String] {
    let limit = maximumCatchUpMilliseconds
    let author = Authorship(
      who: operation.who, reason: operation.reason, operation: operation.id)
    return try await retries.run("close the runs of \(users.count) users") {
      try await pool.transaction { session in
        try first(session)
        let locked = try session.lock(users, policy)
        let settled = try users.compactMap { locked.users[$0] }.map { user in
          SettledUser(
            locked: user,
            settlement: try Settlement(
              of: user.account, run: .closed, points: .asEarned,
              nowMilliseconds: locked.nowMilliseconds, maximumCatchUpMilliseconds: limit,
              reason: operation.reason ?? "closed"))
        }
        let skipped = try session.write(
          settled, nowMilliseconds: locked.nowMilliseconds, by: author, policy)
        return locked.skipped.union(skipped).sorted()
      }
    }
  }

  public func intents(of users: [String]) async throws -> [Intent] {
    try await retries.run("read the intents", reads: true) {
      try await pool.run { session in
        let intents = try session.intents(of: users)
        return users.compactMap { intents[$0] }
      }
    }
  }
}

extension Session {
  /// Settles one user and makes a change, in a transaction.
  fileprivate func apply(
    _ change: Change, to user: String, terms: AccrualTerms, effective: EffectiveIntent?,
    operation: Operation, maximumCatchUpMilliseconds limit: Int64
  ) throws -> (row: PointsRow, intent: Intent) {
    let locked = try lock([user])
    guard let state = locked.users[user] else { throw LedgerError.unknownUser(user) }
    let now = locked.nowMilliseconds
    let wanted = change.applied(
      to: effective ?? state.intent.map(EffectiveIntent.init) ?? EffectiveIntent.unasked)
    let settlement = try Settlement(
      of: state.account, run: change.runWish(wanted, terms: terms), points: change.pointsWish,
      nowMilliseconds: now, maximumCatchUpMilliseconds: limit,
      reason: change.word + (operation.reason.map { ": \($0)" } ?? ""))
    let settled = SettledUser(locked: state, settlement: settlement)
    try write(
      [settled], nowMilliseconds: now,
      by: Authorship(
        who: operation.who, reason: operation.reason ?? change.word, operation: operation.id))
    var intent = state.intent ?? .unasked(user)
    if change.isIntent {
      intent = Intent(
        user: user, running: wanted.running, paused: wanted.paused, who: operation.who,
        reason: operation.reason, since: DateTimeStamp(millisecondsSinceEpoch: now),
        revision: intent.revision + 1)
      try write(intent, nowMilliseconds: now)
    }
    return (settled.row(nowMilliseconds: now), intent)
  }

  /// Keeps an intent, provided that it follows the one kept.
  private func write(_ intent: Intent, nowMilliseconds now: Int64) throws {
    let values: [Value] = [
      .integer(intent.running ? 1 : 0), .integer(intent.paused ? 1 : 0), .who(intent.who),
      .reason(intent.reason), .integer(now), .integer(intent.revision), .text(intent.user),
    ]
    if intent.revision == 1 {
      try execute(
        """
        INSERT INTO intents (running, paused, asked_by, reason, since, revision, user) \
        VALUES (?, ?, ?, ?, FROM_UNIXTIME(? / 1000), ?, ?)
        """, values)
      return
    }
    let changed = try execute(
      """
      UPDATE intents SET running = ?, paused = ?, asked_by = ?, reason = ?, \
      since = FROM_UNIXTIME(? / 1000), revision = ? WHERE user = ? AND revision = ?
      """, values + [.integer(intent.revision - 1)])
    guard changed == 1 else {
      throw DatabaseError(
        code: 1020, message: "the intent of \(intent.user) was changed by somebody else meanwhile")
    }
  }
}

extension Change {
  /// The change in one word, for tables and log.
  var word: String {
    switch self {
    case .start: "start"
    case .stop: "stop"
    case .pause: "pause"
    case .resume: "resume"
    case .reset: "reset"
    case .adjust: "adjust"
    }
  }

  /// Whether it says what the user is to do from now on.
  var isIntent: Bool {
    switch self {
    case .start, .stop, .pause, .resume: true
    case .reset, .adjust: false
    }
  }

  func applied(to present: EffectiveIntent) -> EffectiveIntent {
    switch self {
    case .start: EffectiveIntent(running: true, paused: present.paused)
    case .stop: EffectiveIntent(running: false, paused: present.paused)
    case .pause: EffectiveIntent(running: present.running, paused: true)
    case .resume: EffectiveIntent(running: present.running, paused: false)
    case .reset, .adjust: present
    }
  }

  func runWish(_ wanted: EffectiveIntent, terms: AccrualTerms) -> RunWish {
    guard isIntent else { return .asItIs }
    return wanted.earning ? .open(terms) : .closed
  }

  var pointsWish: PointsWish {
    switch self {
    case .start, .stop, .pause, .resume: .asEarned
    case .reset: .zero
    case .adjust(let delta): .changed(by: delta)
    }
  }
}

extension EffectiveIntent {
  /// A user nobody has asked anything of runs.
  static let unasked = EffectiveIntent(running: true, paused: false)

  init(_ intent: Intent) {
    self.init(running: intent.running, paused: intent.paused)
  }
}

extension Intent {
  /// The intent of a user nobody has asked anything of; it is not kept.
  static func unasked(_ user: String) -> Intent {
    Intent(
      user: user, running: true, paused: false, who: "pointsd", reason: nil,
      since: DateTimeStamp(secondsSinceEpoch: 0), revision: 0)
  }
}
