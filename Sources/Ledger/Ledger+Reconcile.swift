import MariaDB
import Points

extension Ledger {
  public func repair(
    _ users: [LedgerUser], closing: [String], operation: Operation
  ) async throws(LedgerError) -> RepairOutcome {
    let reconciliation = Reconciliation(
      users: users, leaving: closing, policy: .skip, operation: operation,
      maximumCatchUpMilliseconds: maximumCatchUpMilliseconds)
    return try await read("bring the ledger to what is wanted") { session in
      try session.transaction { try reconciliation.run(on: $0) }
    }
  }

  public func closeRuns(
    of users: [String], operation: Operation
  ) async throws(LedgerError) -> OpenRuns {
    // The runs are those of the daemon that has the lock.
    switch await lock.health(tries: 1) {
    case .available: break
    case .taken(let reason): throw .refused(reason)
    case .away(let reason): throw .unavailable("close the runs of \(users.inWords): \(reason)")
    }
    let limit = maximumCatchUpMilliseconds
    let (instance, isPrepared, isShared) = (instance, isPrepared, isShared)
    return try await once(operation, "close the runs of \(users.inWords)") { connection in
      try await connection.transaction { session in
        guard try session.tableExists("runs") else {
          guard isPrepared else { return OpenRuns() }
          throw LedgerError.unavailable(
            "the table runs is missing; what is open in it is not known")
        }
        // Also of users that a reload has just taken in or out: what counts is what is open, and
        // who has no open run may get one by a transaction that holds the row.
        let open = Set(try session.openRuns().map(\.user))
        var leaving = open.union(users)
        let others = try session.tableExists("served") ? session.served(instance).others : []
        var left = OpenRuns()
        for other in others {
          // Of one that is lost those are closed that are ours as well; beside one that is alone, and
          // has the lock, nobody lives.
          let kept = leaving.intersection(
            other.isLost || !isShared ? other.users.subtracting(users) : other.users)
          leaving.subtract(kept)
          let own = kept.intersection(users).intersection(open)
          if !own.isEmpty { left.servedElsewhere[other.name] = own.sorted() }
        }
        let outcome = try Reconciliation(
          users: [], leaving: leaving.sorted(), policy: .skip,
          operation: operation, reason: operation.reason ?? "closed",
          maximumCatchUpMilliseconds: limit
        ).run(on: session)
        left.locked = outcome.failures.filter { $1 == CreditFailure.locked || open.contains($0) }
          .keys.sorted()
        // From now on nobody leaves a run to this daemon.
        if left.locked.isEmpty, try session.tableExists("served") {
          try session.execute("DELETE FROM served WHERE instance = ?", [.text(instance)])
        }
        return left
      }
    }
  }
}

/// Brings accounts to what is wanted, in one transaction. It changes nothing the second time but
/// what was earned meanwhile, so it needs no mark of having been done.
struct Reconciliation: Sendable {
  let users: [LedgerUser]
  /// Whose runs are closed.
  let leaving: [String]
  let policy: LockPolicy
  let operation: Operation
  /// Why the runs of those who leave are closed.
  var reason = "no longer configured"
  let maximumCatchUpMilliseconds: Int64

  func run(on session: Session) throws -> RepairOutcome {
    var outcome = RepairOutcome()
    outcome.failures = try session.twins(of: users.map(\.name))
    let users = users.filter { outcome.failures[$0.name] == nil }
    let locked = try session.lock(users.map(\.name) + leaving, policy)
    outcome.failures.merge(locked.refused) { $1 }
    for user in locked.skipped { outcome.failures[user] = CreditFailure.locked }
    var settled: [SettledUser] = []
    for user in users {
      guard let state = locked.users[user.name] else { continue }
      let wanted = user.effective(under: state.intent).earning
      settle(
        state, wanted ? .open(user.terms) : .closed,
        reason: wanted ? "the terms changed" : "not wanted", locked.nowMilliseconds, &settled,
        &outcome)
    }
    for user in leaving {
      // A user that is gone altogether is not made again.
      guard let state = locked.users[user], state.openRun != nil else { continue }
      settle(state, .closed, reason: reason, locked.nowMilliseconds, &settled, &outcome)
    }
    let blocked = try session.write(
      settled, nowMilliseconds: locked.nowMilliseconds,
      by: Authorship(requestedBy: operation.requestedBy, reason: operation.reason, operation: nil),
      policy)
    for user in blocked { outcome.failures[user] = CreditFailure.locked }
    let configured = Set(users.map(\.name)).subtracting(blocked)
    try session.insertIntents(
      of: settled.filter { $0.locked.intent == nil && configured.contains($0.user) }.map(\.user),
      nowMilliseconds: locked.nowMilliseconds, by: operation.requestedBy)
    return outcome
  }

  /// One user whose account does not add up must not keep the others from starting.
  private func settle(
    _ state: LockedUser, _ target: RunTarget, reason: String, _ now: Int64,
    _ settled: inout [SettledUser], _ outcome: inout RepairOutcome
  ) {
    do {
      let settlement = try Settlement(
        of: state.account, run: target, points: .asEarned, nowMilliseconds: now,
        maximumCatchUpMilliseconds: maximumCatchUpMilliseconds, reason: reason)
      settled.append(SettledUser(locked: state, settlement: settlement))
      outcome.notices += settlement.notices
    } catch {
      outcome.failures[state.account.user] = "\(error); correct it in user_tracking"
    }
  }
}

extension Session {
  /// The first intent of users of whom nothing was asked: they run.
  fileprivate func insertIntents(
    of users: [String], nowMilliseconds now: Int64, by requestedBy: String
  ) throws {
    for piece in Batch.exact(users) {
      let values = Statement.repeated(
        "(?, TRUE, FALSE, ?, NULL, FROM_UNIXTIME(? / 1000), 1)", piece.count, separator: ", ")
      try execute(
        """
        INSERT IGNORE INTO intents (user, running, paused, asked_by, reason, since, revision) \
        VALUES \(values)
        """, piece.flatMap { [.text($0), .requester(requestedBy), .integer(now)] as [Value] })
    }
  }
}
