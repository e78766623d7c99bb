import MariaDB
import Points

extension Session {
  /// Makes a change, in a transaction.
  /// - Parameter own: the name of this daemon.
  func carryOut(
    _ change: LedgerChange, partial: Bool, instance own: String,
    maximumCatchUpMilliseconds limit: Int64
  ) throws -> ChangeReceipt {
    try begin(
      change.operation, kind: change.kind, user: change.onlyUser,
      request: change.operation.key.map { _ in change.request })
    switch change.work {
    case .forget(let instance):
      guard instance != own else { throw LedgerError.refused("\(instance) is this daemon") }
      return try forget(instance, change.operation, maximumCatchUpMilliseconds: limit)
    case .change(let asked, let users):
      return try carryOut(
        asked, users, partial: partial, operation: change.operation,
        maximumCatchUpMilliseconds: limit)
    case .reload(let changed, let leaving):
      let outcome = try Reconciliation(
        users: changed, leaving: leaving, policy: .wait, operation: change.operation,
        maximumCatchUpMilliseconds: limit
      ).run(on: self)
      if let refusal = outcome.failures.sorted(by: { $0.key < $1.key }).first {
        throw LedgerError.refused("\(refusal.key): \(refusal.value)")
      }
      let names = changed.map(\.name)
      let intents = try intents(of: names)
      let users = change.users.map { OperationRecord.UserOutcome(user: $0, result: .done) }
      try note(users, of: change.operation)
      return ChangeReceipt(
        operation: change.operation.id, users: users, rows: try rows(of: names),
        intents: names.compactMap { intents[$0] }, notices: outcome.notices)
    }
  }

  /// Settles users and changes each of them. A rule that refuses one leaves the others alone; when
  /// nobody is left, it is thrown.
  private func carryOut(
    _ change: Change, _ users: [LedgerUser], partial: Bool, operation: Operation,
    maximumCatchUpMilliseconds limit: Int64
  ) throws -> ChangeReceipt {
    let locked = try lock(users.map(\.name), users.count > 1 ? .skip : .wait)
    if !locked.skipped.isEmpty, !partial || locked.skipped.count == users.count {
      throw LedgerError.locked(CreditFailure.lockedRows(locked.skipped.sorted()))
    }
    var outcomes: [OperationRecord.UserOutcome] = []
    var settled: [SettledUser] = []
    var intents: [Intent] = []
    var firstRefusal: LedgerError?
    for user in users {
      if let reason = locked.refused[user.name] {
        firstRefusal = firstRefusal ?? .refused("\(user.name): \(reason)")
        outcomes.append(.init(user: user.name, result: .refused, reason: reason))
        continue
      }
      guard let state = locked.users[user.name] else {
        outcomes.append(
          .init(user: user.name, result: .locked, reason: CreditFailure.lockedRows([user.name])))
        continue
      }
      do {
        let (account, intent) = try change.settle(
          state, user, operation: operation, nowMilliseconds: locked.nowMilliseconds,
          maximumCatchUpMilliseconds: limit)
        settled.append(account)
        intents.append(intent)
        outcomes.append(.init(user: user.name, result: .done))
      } catch {
        firstRefusal = firstRefusal ?? error
        outcomes.append(.init(user: user.name, result: .refused, reason: "\(error)"))
      }
    }
    if settled.isEmpty, let firstRefusal { throw firstRefusal }
    let skipped = try write(
      settled, nowMilliseconds: locked.nowMilliseconds,
      by: Authorship(
        requestedBy: operation.requestedBy, reason: operation.reason ?? change.word,
        operation: operation.id),
      users.count > 1 ? .skip : .wait)
    if !skipped.isEmpty {
      guard partial, skipped.count < settled.count else {
        throw LedgerError.locked(CreditFailure.lockedRows(skipped.sorted()))
      }
      settled.removeAll { skipped.contains($0.user) }
      intents.removeAll { skipped.contains($0.user) }
      outcomes = outcomes.map { outcome in
        guard skipped.contains(outcome.user) else { return outcome }
        return .init(
          user: outcome.user, result: .locked, reason: CreditFailure.lockedRows([outcome.user]))
      }
    }
    if change.isIntent { try write(intents, nowMilliseconds: locked.nowMilliseconds) }
    if users.count > 1 { try note(outcomes, of: operation) }
    return ChangeReceipt(
      operation: operation.id, users: outcomes,
      rows: settled.map { $0.row(nowMilliseconds: locked.nowMilliseconds) }, intents: intents)
  }

  /// Keeps intents; the rows of their users are locked.
  private func write(_ intents: [Intent], nowMilliseconds now: Int64) throws {
    for piece in Batch.exact(intents) {
      let values = Statement.repeated(
        "(?, ?, ?, ?, ?, FROM_UNIXTIME(? / 1000), ?)", piece.count, separator: ", ")
      try execute(
        """
        INSERT INTO intents (user, running, paused, asked_by, reason, since, revision) \
        VALUES \(values) ON DUPLICATE KEY UPDATE running = VALUES(running), \
        paused = VALUES(paused), asked_by = VALUES(asked_by), reason = VALUES(reason), \
        since = VALUES(since), revision = IF(revision < \(Intent.largestRevision), \
        GREATEST(revision + 1, VALUES(revision)), 1)
        """,
        piece.flatMap { intent -> [Value] in
          [
            .text(intent.user), .integer(intent.running ? 1 : 0), .integer(intent.paused ? 1 : 0),
            .requester(intent.requestedBy), .reason(intent.reason), .integer(now),
            .integer(intent.revision),
          ]
        })
    }
  }
}

extension Change {
  /// One user's account after the change, and what is asked of the user then.
  fileprivate func settle(
    _ state: LockedUser, _ user: LedgerUser, operation: Operation, nowMilliseconds now: Int64,
    maximumCatchUpMilliseconds limit: Int64
  ) throws(LedgerError) -> (SettledUser, Intent) {
    let present = user.effective(under: state.intent)
    guard let wanted = applied(to: present) else {
      throw .refused("\(user.name) is stopped: start it first")
    }
    let settlement = try Settlement(
      of: state.account, run: runTarget(wanted, terms: user.terms), points: pointsChange,
      nowMilliseconds: now, maximumCatchUpMilliseconds: limit,
      reason: word + (operation.reason.map { ": \($0)" } ?? ""))
    var intent = state.intent ?? .unasked(user.name)
    if isIntent {
      intent = Intent(
        user: user.name, running: wanted.running, paused: wanted.paused,
        requestedBy: operation.requestedBy,
        reason: operation.reason, since: DateTimeStamp(millisecondsSinceEpoch: now),
        revision: intent.nextRevision)
    }
    return (SettledUser(locked: state, settlement: settlement), intent)
  }

  /// What is asked of a user after the change; nil where the change has no meaning.
  private func applied(to present: EffectiveIntent) -> EffectiveIntent? {
    switch self {
    case .start: EffectiveIntent(running: true, paused: present.paused)
    case .stop: EffectiveIntent(running: false, paused: present.paused)
    case .pause: EffectiveIntent(running: present.running, paused: true)
    case .resume: EffectiveIntent(running: present.running, paused: false)
    case .toggle:
      present.running ? EffectiveIntent(running: true, paused: !present.paused) : nil
    case .reset, .adjust: present
    }
  }

  private func runTarget(_ wanted: EffectiveIntent, terms: AccrualTerms) -> RunTarget {
    guard isIntent else { return .unchanged }
    return wanted.earning ? .open(terms) : .closed
  }

  private var pointsChange: PointsChange {
    switch self {
    case .start, .stop, .pause, .resume, .toggle: .asEarned
    case .reset: .zero
    case .adjust(let delta): .changed(by: delta)
    }
  }
}
