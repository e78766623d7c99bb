import Points
import Synchronization

/// A ledger in memory that follows the port's contract as far as the supervisor can tell.
final class FakeStore: LedgerStore {
  struct State {
    var failure: LedgerError?
    /// What keeps the loop from looking at the ledger, while changes go through.
    var lookFailure: LedgerError?
    var rows: [String: PointsRow] = [:]
    var intents: [String: Intent] = [:]
    var health = LedgerHealth.available
    var prepared = 0
    var healthChecks = 0
    var triggerLooks = 0
    var digests = 0
    var snapshots = 0
    var open: [String: AccrualTerms] = [:]
    var served: Set<String> = []
    var otherInstances: [LedgerSnapshot.Instance] = []
    var restoreMark: String?
    /// Users whose rows another transaction holds, each with what is said of it.
    var locked: [String: String] = [:]
    var repairs: [(users: [LedgerUser], closing: [String])] = []
    var tickCount = 0
    /// What the next tick comes to.
    var tick: TickOutcome?
    var changes: [String] = []
    var restored: [String] = []
    var reloads: [(changed: [LedgerUser], leaving: [String])] = []
    var closedRuns: [[String]] = []
    /// Every try, and what the next ones come to instead of what was asked.
    var attempts: [LedgerChange] = []
    var attemptErrors: [LedgerError] = []
    var voided: [String] = []
    /// Whether changes are found done, long before.
    var repeatsChanges = false
    var expectedEarning: Set<String> = []

    /// What the ledger holds.
    var snapshot: LedgerSnapshot {
      LedgerSnapshot(
        rows: Array(rows.values), intents: Array(intents.values),
        openRuns: open.map { .init(user: $0.key, terms: $0.value) }, served: served,
        otherInstances: otherInstances, restoreMark: restoreMark)
    }

    mutating func repair(_ user: LedgerUser) {
      if rows[user.name] == nil {
        rows[user.name] = PointsRow(
          user: user.name, points: 0, stamp: DateTimeStamp(secondsSinceEpoch: 0))
      }
      if intents[user.name] == nil {
        intents[user.name] = FakeStore.intent(user.name, running: true, paused: false, 1)
      }
      open[user.name] = user.effective(under: intents[user.name]).earning ? user.terms : nil
    }
  }

  let state = Mutex(State())
  /// While it is set, reads of history and verify last until they are cancelled.
  let hangs = Atomic(false)
  /// Reads that began to hang, and those of them that were cancelled.
  let hanging = Atomic(0)
  let givenUp = Atomic(0)

  /// While it is set, a restore that took place has not said so.
  let holdsRestores = Atomic(false)

  private func hangIfAsked() async throws {
    guard hangs.load(ordering: .relaxed) else { return }
    hanging.add(1, ordering: .relaxed)
    let (never, continuation) = AsyncStream.makeStream(of: Never.self)
    for await _ in never {}
    continuation.finish()
    givenUp.add(1, ordering: .relaxed)
    throw CancellationError()
  }

  private func checked<Result>(
    _ body: (inout State) -> Result
  ) throws(LedgerError) -> Result {
    let result: Swift.Result<Result, LedgerError> = state.withLock { state in
      if let failure = state.failure { return .failure(failure) }
      return .success(body(&state))
    }
    return try result.get()
  }

  func prepare() async throws(LedgerError) { try checked { $0.prepared += 1 } }

  func health() async -> LedgerHealth {
    state.withLock { state in
      state.healthChecks += 1
      return state.health
    }
  }

  func digest() async throws(LedgerError) -> LedgerDigest {
    try checked { state in
      state.digests += 1
      return state.snapshot.digest
    }
  }

  func snapshot(of users: [String]) async throws(LedgerError) -> LedgerSnapshot {
    if let failure = state.withLock({ $0.lookFailure }) { throw failure }
    return try checked { state in
      state.snapshots += 1
      var snapshot = state.snapshot
      snapshot.rows = users.compactMap { state.rows[$0] }
      snapshot.intents = users.compactMap { state.intents[$0] }
      return snapshot
    }
  }

  func repair(
    _ users: [LedgerUser], closing: [String], operation: Operation
  ) async throws(LedgerError) -> RepairOutcome {
    try checked { state in
      state.repairs.append((users, closing))
      var outcome = RepairOutcome()
      for user in users {
        if let reason = state.locked[user.name] {
          outcome.failures[user.name] = reason
          continue
        }
        state.repair(user)
      }
      for user in closing {
        if let reason = state.locked[user] {
          outcome.failures[user] = reason
        } else {
          state.open[user] = nil
        }
      }
      return outcome
    }
  }

  func repairProtection() async throws(LedgerError) -> [String] {
    state.withLock { $0.triggerLooks += 1 }
    return []
  }

  func serve(_ users: [String]) async throws(LedgerError) {
    try checked { $0.served = Set(users) }
  }

  func tick(intervalMilliseconds: Int64) async throws(LedgerError) -> TickOutcome {
    try checked { state in
      state.tickCount += 1
      defer { state.tick = nil }
      return state.tick
        ?? TickOutcome(rows: [], uncreditedUsers: [:], databaseMilliseconds: 0, notices: [])
    }
  }

  func restoreTookPlace(_ operation: String) async throws -> Bool {
    try checked { $0.restoreMark == operation }
  }

  func restore(
    _ content: BackupContent, users: [String], operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    var statements: [String] = []
    try content.statements { statements.append(String(decoding: $0, as: UTF8.self)) }
    try checked { state in
      state.restored = statements
      state.restoreMark = operation.id
      state.open = [:]
      for user in state.rows.keys {
        state.rows[user] = PointsRow(
          user: user, points: 77, stamp: DateTimeStamp(secondsSinceEpoch: 0))
        state.intents[user] = Self.intent(user, running: user != "Faiz", paused: false, 1)
      }
    }
    while holdsRestores.load(ordering: .relaxed) { await Task.yield() }
    progress("restored")
  }

  static func intent(_ user: String, running: Bool, paused: Bool, _ revision: Int64) -> Intent {
    Intent(
      user: user, running: running, paused: paused, requestedBy: "alice", reason: "exam",
      since: DateTimeStamp(secondsSinceEpoch: 0), revision: revision)
  }

  func attempt(
    _ change: LedgerChange, partial: Bool
  ) async throws(LedgerError) -> ChangeReceipt {
    let scripted: LedgerError? = state.withLock { state in
      state.attempts.append(change)
      return state.attemptErrors.isEmpty ? nil : state.attemptErrors.removeFirst()
    }
    if let scripted { throw scripted }
    if state.withLock({ $0.repeatsChanges }) {
      return ChangeReceipt(
        operation: "earlier", users: change.users.map { .init(user: $0, result: .done) },
        rows: [], intents: [])
    }
    switch change.work {
    case .change(let asked, let users):
      var (rows, intents) = ([PointsRow](), [Intent]())
      for user in users {
        let (row, intent) = try apply(asked, to: user)
        rows.append(row)
        intents.append(intent)
      }
      return ChangeReceipt(
        operation: change.operation.id,
        users: users.map { .init(user: $0.name, result: .done) }, rows: rows, intents: intents)
    case .forget(let instance):
      return try checked { state in
        let gone = state.otherInstances.filter { $0.name == instance }.flatMap(\.users).sorted()
        state.otherInstances.removeAll { $0.name == instance }
        for user in gone { state.open[user] = nil }
        return ChangeReceipt(
          operation: change.operation.id, users: gone.map { .init(user: $0, result: .done) },
          rows: [], intents: [])
      }
    case .reload(let changed, let leaving):
      return try checked { state in
        for user in changed { state.repair(user) }
        for user in leaving { state.open[user] = nil }
        state.reloads.append((changed, leaving))
        return ChangeReceipt(operation: change.operation.id, users: [], rows: [], intents: [])
      }
    }
  }

  func void(_ change: LedgerChange) async throws(LedgerError) -> ChangeReceipt? {
    state.withLock { $0.voided.append(change.operation.id) }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return nil
  }

  func operations(_ selection: OperationSelection) async throws(LedgerError) -> [OperationRecord] {
    []
  }

  func audit(_ selection: AuditSelection) async throws(LedgerError) -> [AuditEntry] { [] }

  private func apply(
    _ change: Change, to user: LedgerUser
  ) throws(LedgerError) -> (PointsRow, Intent) {
    let result: Result<(PointsRow, Intent), LedgerError> = state.withLock { state in
      if let failure = state.failure { return .failure(failure) }
      guard let row = state.rows[user.name], let before = state.intents[user.name] else {
        return .failure(.unknownUser(user.name))
      }
      state.changes.append("\(change) \(user.name)")
      let effective = user.effective(under: before)
      var (running, paused) = (effective.running, effective.paused)
      var points = row.points
      switch change {
      case .start: running = true
      case .stop: running = false
      case .pause: paused = true
      case .resume: paused = false
      case .toggle: paused.toggle()
      case .reset: points = 0
      case .adjust(let delta):
        points += delta
        if points < 0 { return .failure(.refused("\(user.name) has \(row.points) points")) }
      }
      let intent = Self.intent(
        user.name, running: running, paused: paused, before.revision + 1)
      state.rows[user.name] = PointsRow(user: user.name, points: points, stamp: row.stamp)
      state.intents[user.name] = intent
      state.open[user.name] = user.effective(under: intent).earning ? user.terms : nil
      return .success((PointsRow(user: user.name, points: points, stamp: row.stamp), intent))
    }
    return try result.get()
  }

  func closeRuns(of users: [String], operation: Operation) async throws(LedgerError) -> OpenRuns {
    try checked { state in
      var left = OpenRuns()
      for instance in state.otherInstances where !instance.isLost {
        let both = users.filter(instance.users.contains)
        if !both.isEmpty { left.servedElsewhere[instance.name] = both }
      }
      let elsewhere = left.servedElsewhere.values.joined()
      let closing = users.filter { !elsewhere.contains($0) }
      state.closedRuns.append(closing)
      for user in closing where state.locked[user] == nil { state.open[user] = nil }
      left.locked = closing.filter { state.locked[$0] != nil && state.open[$0] != nil }
      return left
    }
  }

  func history(of user: String, range: HistoryRange) async throws -> [HistoryPoint] {
    try await hangIfAsked()
    return []
  }

  func verify(_ users: [LedgerUser]) async throws -> Verification {
    try await hangIfAsked()
    return try checked { state in
      state.expectedEarning = Set(
        users.filter { $0.effective(under: state.intents[$0.name]).earning }.map(\.name))
      return Verification(users: users.count, differences: [], notices: [])
    }
  }
}

extension FakeStore: PointsReader {
  func readRows(
    of users: [String],
    deliver: @escaping @Sendable (Result<[PointsRow], ReadFailure>) -> Void
  ) {
    let result: Result<[PointsRow], ReadFailure> = state.withLock { state in
      if let failure = state.failure { return .failure(ReadFailure(reason: "\(failure)")) }
      return .success(users.compactMap { state.rows[$0] })
    }
    deliver(result)
  }
}
