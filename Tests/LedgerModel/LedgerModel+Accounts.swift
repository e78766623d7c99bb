import Points

/// One user's settlement with the account it was made for.
struct SettledAccount {
  let account: UserAccount
  let settlement: Settlement

  var user: String { account.user }
}

// Accounts as they are read under their locks, and settlements as they are written back.
extension LedgerModel {
  func account(of user: String) -> UserAccount {
    let row = rows[user]
    let open = runs.first { $0.user == user && $0.isOpen }
    let ends = runs.lazy.filter { $0.user == user && !$0.isOpen }.map(\.run.endMilliseconds).max()
    let sum = row == nil ? sum(of: user) : nil
    return UserAccount(
      user: user, points: row.map { Int128($0.points) } ?? sum ?? 0, rowIsMissing: row == nil,
      isKnown: sum != nil || intents[user] != nil || open != nil || ends != nil, openRun: open?.run,
      latestEndMilliseconds: ends)
  }

  func settle(
    _ account: UserAccount, run target: RunTarget, points: PointsChange, now: Int64, reason: String
  ) throws(LedgerError) -> SettledAccount {
    SettledAccount(
      account: account,
      settlement: try Settlement(
        of: account, run: target, points: points, nowMilliseconds: now,
        maximumCatchUpMilliseconds: maximumCatchUpMilliseconds, reason: reason))
  }

  /// The row afterwards.
  func row(after settled: SettledAccount, now: Int64) -> PointsRow {
    PointsRow(
      user: settled.user, points: settled.settlement.points,
      stamp: settled.settlement.rowChanges
        ? DateTimeStamp(millisecondsSinceEpoch: now) : rows[settled.user]?.stamp)
  }

  mutating func write(
    _ settled: [SettledAccount], now: Int64, reason: String?, operation: String?
  ) {
    for user in settled {
      if user.settlement.rowChanges { rows[user.user] = row(after: user, now: now) }
      if let index = runs.firstIndex(where: { $0.user == user.user && $0.isOpen }) {
        runs[index].run.last = user.settlement.credited ?? runs[index].run.last
        runs[index].closing = user.settlement.closing
      }
      if let run = user.settlement.opened {
        runs.append(RunRow(user: user.user, run: run, openedMilliseconds: now))
      }
      adjustments += user.settlement.adjustments.map {
        AdjustmentRow(
          user: user.user, delta: $0.delta, source: "operation", reason: $0.reason ?? reason,
          operation: operation)
      }
      adjustments += user.settlement.notices.map {
        AdjustmentRow(
          user: user.user, delta: 0, source: "notice", reason: $0, operation: operation)
      }
    }
  }

  /// As `LedgerStore.repair`, or a reload's part of it: brings users to what is wanted, closes the
  /// runs of those `leaving`.
  package mutating func reconcile(
    _ users: [LedgerUser], leaving: [String], locked: Set<String>, now: Int64,
    operation: Operation, reason: String = "no longer configured"
  ) -> RepairOutcome {
    var outcome = RepairOutcome()
    var settled: [SettledAccount] = []
    func settle(_ user: String, _ target: RunTarget, _ reason: String) {
      if locked.contains(user), rows[user] != nil || openRuns[user] != nil {
        outcome.failures[user] = "its row is locked"
        return
      }
      do throws(LedgerError) {
        let account = try self.settle(
          account(of: user), run: target, points: .asEarned, now: now, reason: reason)
        settled.append(account)
        outcome.notices += account.settlement.notices
      } catch {
        outcome.failures[user] = "\(error); correct it in user_tracking"
      }
    }
    for user in users {
      let earns = user.effective(under: intents[user.name]).earning
      settle(
        user.name, earns ? .open(user.terms) : .closed, earns ? "the terms changed" : "not wanted")
    }
    for user in leaving where openRuns[user] != nil || locked.contains(user) {
      settle(user, .closed, reason)
    }
    write(settled, now: now, reason: operation.reason, operation: nil)
    let configured = Set(users.map(\.name))
    for user in settled.map(\.user) where intents[user] == nil && configured.contains(user) {
      intents[user] = Intent(
        user: user, running: true, paused: false, requestedBy: operation.requestedBy, reason: nil,
        since: DateTimeStamp(millisecondsSinceEpoch: now), revision: 1)
    }
    return outcome
  }

  /// As `LedgerStore.closeRuns`, where no other instance is lost.
  package mutating func closeRuns(
    of users: [String], instance: String, locked: Set<String>, now: Int64, operation: Operation
  ) -> [String] {
    var leaving = Set(openRuns.keys).union(users)
    for other in served.values where other.name != instance { leaving.subtract(other.users) }
    let left = reconcile(
      [], leaving: leaving.sorted(), locked: locked, now: now, operation: operation,
      reason: operation.reason ?? "closed"
    ).failures.keys.sorted()
    if left.isEmpty { served[instance] = nil }
    return left
  }
}
