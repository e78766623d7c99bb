import Points

// What people do to the ledger, by SQL or by a backup, and the check.
extension LedgerModel {
  /// Sets a user's points, as a person at a SQL shell does.
  package mutating func edit(_ user: String, points: Int64, now: Int64) {
    let before = rows[user]
    guard before?.points != points else { return }
    rows[user] = PointsRow(
      user: user, points: points, stamp: DateTimeStamp(millisecondsSinceEpoch: now))
    record(user, delta: points - (before?.points ?? 0))
  }

  /// Deletes a user's row by hand.
  package mutating func delete(_ user: String) {
    guard let row = rows.removeValue(forKey: user) else { return }
    record(user, delta: -row.points)
  }

  /// Empties `user_tracking`; no trigger sees it.
  package mutating func truncate() { rows = [:] }

  private mutating func record(_ user: String, delta: Int64) {
    guard hasTriggers, delta != 0 else { return }
    adjustments.append(
      AdjustmentRow(user: user, delta: delta, source: "hand", reason: nil, operation: nil))
  }

  /// Takes the place of this ledger, as a restore does: open runs are closed where they stood, the
  /// operation is the mark. Who serves whom stays.
  package mutating func restore(_ backup: LedgerModel, operation: Operation, now: Int64) {
    let served = served
    self = backup
    self.served = served
    hasTriggers = true
    for index in runs.indices where runs[index].isOpen {
      runs[index].closing = "restored from a backup"
    }
    append(
      OperationRow(
        operation: Operation(
          id: operation.id, requestedBy: operation.requestedBy, reason: operation.reason),
        kind: "restore", user: nil, request: nil, outcome: .done, madeMilliseconds: now))
  }

  /// What does not add up, one line each: as `pointsctl verify` without the question who is to earn.
  package func differences(now: Int64) -> [String] {
    var lines: [String] = []
    let users = Set(rows.keys).union(runs.map(\.user)).union(adjustments.map(\.user))
    for user in users.sorted() {
      let sum = sum(of: user) ?? 0
      if let row = rows[user] {
        if Int128(row.points) != sum { lines.append("\(user) has \(row.points), not \(sum)") }
      } else if sum != 0 {
        lines.append("\(user) has no row, but \(sum) points")
      }
      let own = runs.filter { $0.user == user }
      if own.filter(\.isOpen).count > 1 { lines.append("\(user) has two open runs") }
      for (index, later) in own.enumerated() {
        if own[..<index].contains(where: { $0.run.overlaps(later: later.run) }) {
          lines.append("\(user) was paid twice for a time")
        }
      }
    }
    return lines
  }

  /// What `LedgerStore.operations` finds.
  package func records(_ selection: OperationSelection) -> [OperationRecord] {
    let found: [OperationRow] =
      switch selection {
      case .latest(let count): operations.suffix(count).reversed()
      case .identifier(let id): operationsByID[id].map { [operations[$0]] } ?? []
      case .key(let key, let account):
        operationsByKey[[key, account]].map { [operations[$0]] } ?? []
      }
    return found.map { row in
      OperationRecord(
        operation: row.operation, kind: row.kind,
        made: DateTimeStamp(millisecondsSinceEpoch: row.madeMilliseconds), outcome: row.outcome,
        users: row.users)
    }
  }
}
