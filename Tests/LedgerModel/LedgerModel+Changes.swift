import Points

extension LedgerModel {
  /// As `LedgerStore.attempt`.
  package mutating func attempt(
    _ change: LedgerChange, partial: Bool, locked: Set<String>, now: Int64
  ) throws(LedgerError) -> ChangeReceipt {
    if isTaken(change.operation) { return try receipt(of: change) }
    switch change.work {
    case .change(let asked, let users):
      return try carryOut(
        asked, users, of: change, partial: partial, locked: locked, now: now)
    case .reload(let changed, let leaving):
      return try reload(changed, leaving: leaving, of: change, locked: locked, now: now)
    case .forget: throw .failed("the model knows no daemon that is lost")
    }
  }

  /// As `LedgerStore.void`.
  package mutating func void(
    _ change: LedgerChange, now: Int64
  ) throws(LedgerError) -> ChangeReceipt? {
    if let index = operationsByID[change.operation.id] {
      return operations[index].outcome == .done ? try receipt(of: change) : nil
    }
    let user = change.users.count == 1 && change.kind != "reload" ? change.users.first : nil
    append(
      OperationRow(
        operation: Operation(
          id: change.operation.id, requestedBy: change.operation.requestedBy,
          reason: change.operation.reason),
        kind: change.kind, user: user, request: nil, outcome: .void, madeMilliseconds: now))
    return nil
  }

  package mutating func append(_ row: OperationRow) {
    operationsByID[row.operation.id] = operations.count
    if let key = row.operation.key {
      operationsByKey[[key, row.operation.requestedBy]] = operations.count
    }
    operations.append(row)
  }

  private func isTaken(_ operation: Operation) -> Bool {
    operationsByID[operation.id] != nil
      || operation.key.map { operationsByKey[[$0, operation.requestedBy]] != nil } ?? false
  }

  /// What a change that is in the ledger already came to.
  private func receipt(of change: LedgerChange) throws(LedgerError) -> ChangeReceipt {
    let index: Int
    if let known = operationsByID[change.operation.id] {
      index = known
    } else if let key = change.operation.key,
      let known = operationsByKey[[key, change.operation.requestedBy]]
    {
      guard operations[known].request == change.request else { throw .keyReused(key) }
      index = known
    } else {
      throw .unavailable("the operation is just being undone")
    }
    let row = operations[index]
    guard row.outcome == .done else {
      throw .refused("operation \(row.operation.id) was given up; ask again")
    }
    let users = outcomes(of: row).filter { $0.result == .done }.map(\.user)
    return ChangeReceipt(
      operation: row.operation.id, users: outcomes(of: row), rows: users.compactMap { rows[$0] },
      intents: users.compactMap { intents[$0] })
  }

  private func outcomes(of row: OperationRow) -> [OperationRecord.UserOutcome] {
    if !row.users.isEmpty { return row.users }
    return row.user.map { [.init(user: $0, result: row.outcome == .void ? .void : .done)] } ?? []
  }

  private mutating func reload(
    _ changed: [LedgerUser], leaving: [String], of change: LedgerChange, locked: Set<String>,
    now: Int64
  ) throws(LedgerError) -> ChangeReceipt {
    let held = change.users.filter(locked.contains)
    guard held.isEmpty else { throw LedgerError(RowsLocked(held)) }
    let before = self
    let outcome = reconcile(
      changed, leaving: leaving, locked: [], now: now, operation: change.operation)
    if let refusal = outcome.failures.min(by: { $0.key < $1.key }) {
      self = before
      throw .refused("\(refusal.key): \(refusal.value)")
    }
    let users = change.users.map { OperationRecord.UserOutcome(user: $0, result: .done) }
    note(change, users, now: now)
    let names = changed.map(\.name)
    return ChangeReceipt(
      operation: change.operation.id, users: users, rows: names.compactMap { self.rows[$0] },
      intents: names.compactMap { self.intents[$0] }, notices: outcome.notices)
  }

  private mutating func carryOut(
    _ asked: Change, _ users: [LedgerUser], of change: LedgerChange, partial: Bool,
    locked: Set<String>, now: Int64
  ) throws(LedgerError) -> ChangeReceipt {
    let held = users.map(\.name).filter { locked.contains($0) && self.rows[$0] != nil }
    guard held.isEmpty || partial && users.count > 1 && held.count < users.count else {
      throw LedgerError(RowsLocked(held))
    }
    var outcomes: [OperationRecord.UserOutcome] = []
    var settled: [(SettledAccount, Intent)] = []
    var firstRefusal: LedgerError?
    for user in users {
      if held.contains(user.name) {
        outcomes.append(.init(user: user.name, result: .locked, reason: "locked"))
        continue
      }
      do throws(LedgerError) {
        settled.append(try settle(asked, user, operation: change.operation, now: now))
        outcomes.append(.init(user: user.name, result: .done))
      } catch {
        firstRefusal = firstRefusal ?? error
        outcomes.append(.init(user: user.name, result: .refused, reason: "\(error)"))
      }
    }
    if settled.isEmpty, let firstRefusal { throw firstRefusal }
    let rows = settled.map { row(after: $0.0, now: now) }
    write(
      settled.map(\.0), now: now, reason: change.operation.reason ?? asked.word,
      operation: change.operation.id)
    if asked.isIntent { for (_, intent) in settled { intents[intent.user] = intent } }
    note(change, users.count > 1 ? outcomes : [], now: now)
    return ChangeReceipt(
      operation: change.operation.id, users: outcomes, rows: rows, intents: settled.map(\.1))
  }

  private mutating func note(
    _ change: LedgerChange, _ users: [OperationRecord.UserOutcome], now: Int64
  ) {
    let isReload = if case .reload = change.work { true } else { false }
    append(
      OperationRow(
        operation: change.operation, kind: change.kind,
        user: !isReload && change.users.count == 1 ? change.users.first : nil,
        request: change.operation.key.map { _ in change.request }, outcome: .done,
        madeMilliseconds: now, users: users))
  }

  private func settle(
    _ change: Change, _ user: LedgerUser, operation: Operation, now: Int64
  ) throws(LedgerError) -> (SettledAccount, Intent) {
    let before = intents[user.name]
    guard let wanted = change.applied(to: user.effective(under: before)) else {
      throw .refused("\(user.name) is stopped: start it first")
    }
    let target: RunTarget =
      change.isIntent ? wanted.earning ? .open(user.terms) : .closed : .unchanged
    let settled = try settle(
      account(of: user.name), run: target, points: change.points, now: now,
      reason: change.word + (operation.reason.map { ": \($0)" } ?? ""))
    guard change.isIntent else { return (settled, before ?? .unasked(user.name)) }
    let intent = Intent(
      user: user.name, running: wanted.running, paused: wanted.paused,
      requestedBy: operation.requestedBy,
      reason: operation.reason, since: DateTimeStamp(millisecondsSinceEpoch: now),
      revision: (before?.revision ?? 1) + 1)
    return (settled, intent)
  }
}

extension Intent {
  /// The intent of a user nobody has asked anything of; it is not kept.
  fileprivate static func unasked(_ user: String) -> Intent {
    Intent(
      user: user, running: true, paused: false, requestedBy: "pointsd", reason: nil,
      since: DateTimeStamp(secondsSinceEpoch: 0), revision: 1)
  }
}

extension Change {
  /// What is asked of a user after the change; nil where it has no meaning.
  package func applied(to present: EffectiveIntent) -> EffectiveIntent? {
    switch self {
    case .start: EffectiveIntent(running: true, paused: present.paused)
    case .stop: EffectiveIntent(running: false, paused: present.paused)
    case .pause: EffectiveIntent(running: present.running, paused: true)
    case .resume: EffectiveIntent(running: present.running, paused: false)
    case .toggle: present.running ? EffectiveIntent(running: true, paused: !present.paused) : nil
    case .reset, .adjust: present
    }
  }

  fileprivate var points: PointsChange {
    switch self {
    case .start, .stop, .pause, .resume, .toggle: .asEarned
    case .reset: .zero
    case .adjust(let delta): .changed(by: delta)
    }
  }
}
