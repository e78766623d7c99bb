import MariaDB
import Points

extension Session {
  /// Ends that an instance serves users and closes the runs of those whom nobody serves then, in a
  /// transaction. Who is locked is left to the loop.
  ///
  /// Throws `LedgerError.refused` when the instance is not known, or alive.
  func forget(
    _ name: String, _ operation: Operation, maximumCatchUpMilliseconds limit: Int64
  ) throws -> ChangeReceipt {
    let (users, others) = try served(name)
    guard !users.isEmpty else {
      let known = others.map(\.name).joined(separator: ", ")
      throw LedgerError.refused(
        "no instance \(name) serves users of this ledger; these do: \(known)")
    }
    try refuseAlive(name)
    try execute("DELETE FROM served WHERE instance = ?", [.text(name)])
    try execute(
      "DELETE FROM ledger_settings WHERE name = CONCAT('holder ', \(Statement.instanceDigest))",
      [.text(name)])
    let elsewhere = Set(others.flatMap(\.users))
    let leaving = users.subtracting(elsewhere).sorted()
    let outcome = try Reconciliation(
      users: [], leaving: leaving, policy: .skip, operation: operation,
      reason: "the instance \(name) was forgotten", maximumCatchUpMilliseconds: limit
    ).run(on: self)
    let outcomes = leaving.map { user in
      OperationRecord.UserOutcome(
        user: user, result: outcome.failures[user] == nil ? .done : .locked,
        reason: outcome.failures[user])
    }
    try note(outcomes, of: operation)
    return ChangeReceipt(
      operation: operation.id, users: outcomes, rows: [], intents: [], notices: outcome.notices)
  }

  private func refuseAlive(_ name: String) throws {
    let limit = LedgerSnapshot.Instance.secondsUntilLost
    let (isLocked, seconds) =
      try query(
        """
        SELECT IS_USED_LOCK(\(Statement.instanceLockName())) IS NOT NULL, \
        MIN(TIMESTAMPDIFF(SECOND, seen_at, NOW(3))) FROM served WHERE instance = ?
        """, [.text(name), .text(name)], row: { (try $0.integer(0) != 0, try $0.integer(1)) }
      ).first ?? (false, 0)
    guard isLocked || seconds < limit else { return }
    throw LedgerError.refused(
      "the instance \(name) is alive: \(isLocked ? "it holds its lock" : "it was seen \(seconds) s ago")"
        + "; stop it first and try again \(limit) s later, or take its users out of its file")
  }
}
