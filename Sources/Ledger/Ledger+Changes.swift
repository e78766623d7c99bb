import MariaDB
import Points

extension Ledger: LedgerStore {
  public func attempt(
    _ change: LedgerChange, partial: Bool
  ) async throws(LedgerError) -> ChangeReceipt {
    let limit = maximumCatchUpMilliseconds
    return try await once(change.operation, "\(change.kind) \(change.users.inWords)") {
      connection in
      do {
        return try await connection.transaction { session in
          try session.carryOut(change, partial: partial, maximumCatchUpMilliseconds: limit)
        }
      } catch is AlreadyDone {
        return try await connection.run { try $0.receipt(of: change) }
      }
    }
  }

  public func void(_ change: LedgerChange) async throws(LedgerError) -> ChangeReceipt? {
    let operation = change.operation
    return try await once(operation, "end the doubt about \(change.kind)") { connection in
      try await connection.run { session in
        do {
          try session.begin(
            operation, kind: change.kind, user: change.onlyUser, outcome: .void)
          return nil
        } catch is AlreadyDone {
          let record = try session.records(.identifier(operation.id)).first
          return record?.outcome == .done ? try session.receipt(of: change) : nil
        }
      }
    }
  }

  public func operations(
    _ selection: OperationSelection
  ) async throws(LedgerError) -> [OperationRecord] {
    try await read("read the operations") { try $0.records(selection) }
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
