import Points
import Synchronization

/// A ledger in memory that follows the port's contract as far as the supervisor can tell.
final class FakeStore: LedgerStore {
  struct State {
    var failure: LedgerError?
    var rows: [String: PointsRow] = [:]
    var intents: [String: Intent] = [:]
    var reconciled: [[LedgerUser]] = []
    var changes: [String] = []
    var restored: [String] = []
    var reloads: [(changed: [LedgerUser], leaving: [String])] = []
    var closedRuns: [[String]] = []
    /// Every try, and what the next ones come to instead of what was asked.
    var attempts: [LedgerChange] = []
    var attemptErrors: [LedgerError] = []
    var voided: [String] = []
    var expectedEarning: Set<String> = []
  }

  let state = Mutex(State())

  private func checked<Result>(_ body: (inout State) throws -> Result) throws -> Result {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return try body(&state)
    }
  }

  func reconcile(_ users: [LedgerUser], operation: Operation) async throws -> [String] {
    try checked { state in
      state.reconciled.append(users)
      for user in users where state.rows[user.name] == nil {
        state.rows[user.name] = PointsRow(
          user: user.name, points: 0, stamp: DateTimeStamp(secondsSinceEpoch: 0))
        if state.intents[user.name] == nil {
          state.intents[user.name] = Self.intent(user.name, running: true, paused: false, 1)
        }
      }
      return []
    }
  }

  func restore(
    _ content: BackupContent, users: [String], operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    try checked { state in
      try content.statements { state.restored.append(String(decoding: $0, as: UTF8.self)) }
      for user in state.rows.keys {
        state.rows[user] = PointsRow(
          user: user, points: 77, stamp: DateTimeStamp(secondsSinceEpoch: 0))
        state.intents[user] = Self.intent(user, running: user != "Faiz", paused: false, 1)
      }
    }
    progress("restored")
  }

  static func intent(_ user: String, running: Bool, paused: Bool, _ revision: Int64) -> Intent {
    Intent(
      user: user, running: running, paused: paused, who: "somebody", reason: "exam",
      since: DateTimeStamp(secondsSinceEpoch: 0), revision: revision)
  }

  func intents(of users: [String]) async throws -> [Intent] {
    try checked { state in users.compactMap { state.intents[$0] } }
  }

  func attempt(
    _ change: LedgerChange, partial: Bool
  ) async throws(LedgerError) -> ChangeReceipt {
    let scripted: LedgerError? = state.withLock { state in
      state.attempts.append(change)
      return state.attemptErrors.isEmpty ? nil : state.attemptErrors.removeFirst()
    }
    if let scripted { throw scripted }
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
    case .reload(let changed, let leaving):
      do {
        _ = try await reconcile(changed, operation: change.operation)
      } catch {
        throw error as? LedgerError ?? .failed("\(error)")
      }
      return state.withLock { state in
        state.reloads.append((changed, leaving))
        return ChangeReceipt(
          operation: change.operation.id, users: [],
          rows: changed.compactMap { state.rows[$0.name] },
          intents: changed.compactMap { state.intents[$0.name] })
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
      return .success((PointsRow(user: user.name, points: points, stamp: row.stamp), intent))
    }
    return try result.get()
  }

  func closeRuns(of users: [String], operation: Operation) async throws {
    try checked { $0.closedRuns.append(users) }
  }

  func rows(of users: [String]) async throws -> [PointsRow] {
    try checked { state in users.compactMap { state.rows[$0] } }
  }

  func history(of user: String, range: HistoryRange) async throws -> [HistoryPoint] { [] }

  func verify(users: [String], earning: Set<String>) async throws -> Verification {
    try checked { state in
      state.expectedEarning = earning
      return Verification(users: users.count, differences: [], notices: [])
    }
  }
}
