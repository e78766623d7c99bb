import Logging
import MariaDB
import Points

extension Ledger {
  public func reconcile(_ users: [LedgerUser], operation: Operation) async throws -> [String] {
    let result = try await reconcileUnlocked(users, leaving: .allOthers, operation: operation)
    postponed = result.postponed
    return result.notices
      + result.postponed.map {
        "the row of \($0.name) is locked by another transaction, such as one left open in a SQL"
          + " shell; its run stays as it was until that ends"
      }
  }

  /// Tries again for those whose rows were locked; called by ticks.
  /// - Returns: notices.
  func reconcilePostponed() async throws -> [String] {
    guard !postponed.isEmpty else { return [] }
    let result = try await reconcileUnlocked(
      postponed, leaving: .named([]),
      operation: Operation(who: "pointsd", reason: "the row is no longer locked"))
    postponed = result.postponed
    return result.notices
  }

  private func reconcileUnlocked(
    _ users: [LedgerUser], leaving: Reconciliation.Leaving, operation: Operation
  ) async throws -> (notices: [String], postponed: [LedgerUser]) {
    let reconciliation = Reconciliation(
      users: users, leaving: leaving, policy: .skip, operation: operation,
      maximumCatchUpMilliseconds: maximumCatchUpMilliseconds)
    return try await retries.run("bring the ledger to what is wanted") {
      try await pool.transaction { session in
        let outcome = try reconciliation.run(on: session)
        return (outcome.notices, users.filter { outcome.skipped.contains($0.name) })
      }
    }
  }
}

/// Brings accounts to what is wanted, in one transaction. It changes nothing the second time but
/// what was earned meanwhile, so it needs no mark of having been done.
struct Reconciliation: Sendable {
  let users: [LedgerUser]
  let leaving: Leaving
  let policy: LockPolicy
  let operation: Operation
  let maximumCatchUpMilliseconds: Int64

  /// Whose runs are closed because they are not configured.
  enum Leaving {
    case allOthers
    case named([String])
  }

  func run(on session: Session) throws -> (notices: [String], skipped: Set<String>) {
    try session.refuseTwins(of: users.map(\.name))
    let configured = Set(users.map(\.name))
    let others =
      switch leaving {
      case .allOthers: try session.usersWithOpenRun().subtracting(configured)
      case .named(let names): Set(names)
      }
    let locked = try session.lock(users.map(\.name) + others.sorted(), policy)
    var notices: [String] = []
    var settled: [SettledUser] = []
    for user in users {
      guard let state = locked.users[user.name] else { continue }
      let wanted =
        user.effective ?? state.intent.map(EffectiveIntent.init) ?? EffectiveIntent.unasked
      settle(
        state, wanted.earning ? .open(user.terms) : .closed,
        reason: wanted.earning ? "the terms changed" : "not wanted",
        locked.nowMilliseconds, &settled, &notices)
    }
    for user in others.sorted() {
      guard let state = locked.users[user] else { continue }
      settle(
        state, .closed, reason: "no longer configured", locked.nowMilliseconds, &settled, &notices)
      if state.openRun != nil {
        notices.append("the run of \(user) was closed: the user is no longer configured")
      }
    }
    let skipped = try session.write(
      settled, nowMilliseconds: locked.nowMilliseconds,
      by: Authorship(who: operation.who, reason: operation.reason, operation: nil), policy)
    let unasked = settled.filter {
      $0.locked.intent == nil && configured.contains($0.user) && !skipped.contains($0.user)
    }
    try session.insertIntents(
      of: unasked.map(\.user), nowMilliseconds: locked.nowMilliseconds, by: operation.who)
    return (notices, locked.skipped.union(skipped))
  }

  /// One user whose account does not add up must not keep the others from starting.
  private func settle(
    _ state: LockedUser, _ target: RunTarget, reason: String, _ now: Int64,
    _ settled: inout [SettledUser], _ notices: inout [String]
  ) {
    do {
      let settlement = try Settlement(
        of: state.account, run: target, points: .asEarned, nowMilliseconds: now,
        maximumCatchUpMilliseconds: maximumCatchUpMilliseconds, reason: reason)
      settled.append(SettledUser(locked: state, settlement: settlement))
      notices += settlement.notices
    } catch {
      notices.append("\(error); correct it in user_tracking")
    }
  }
}

extension Session {
  fileprivate func usersWithOpenRun() throws -> Set<String> {
    var users: Set<String> = []
    try query("SELECT user FROM runs WHERE is_open = 1", each: { users.insert(try $0.text(0)) })
    return users
  }

  /// The first intent of users nobody has asked anything of: they run.
  fileprivate func insertIntents(
    of users: [String], nowMilliseconds now: Int64, by who: String
  ) throws {
    for piece in Batch.exact(users) {
      let values = Statement.repeated(
        "(?, TRUE, FALSE, ?, NULL, FROM_UNIXTIME(? / 1000), 1)", piece.count, separator: ", ")
      try execute(
        """
        INSERT INTO intents (user, running, paused, asked_by, reason, since, revision) \
        VALUES \(values)
        """, piece.flatMap { [.text($0), .who(who), .integer(now)] as [Value] })
    }
  }
}
