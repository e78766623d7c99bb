import Logging
import MariaDB
import Points

extension Ledger {
  /// What came of settling some users.
  struct Repair: Sendable {
    var rows: [PointsRow] = []
    var notices: [String] = []
    /// Users that could not be settled, each with its reason.
    var failures: [String: String] = [:]
  }

  /// Settles users whose row is missing or whose gap is too long, all in one transaction; when that
  /// fails, each in its own, so that one user's fault stays its own.
  func settle(_ users: [String]) async -> Repair {
    guard !users.isEmpty else { return Repair() }
    let limit = maximumCatchUpMilliseconds
    do {
      return try await retries.run("settle \(users.count) users") {
        try await tickPool.transaction { try $0.settle(users, maximumCatchUpMilliseconds: limit) }
      }
    } catch  where users.count > 1 {
      var repair = Repair()
      for user in users {
        let one = await settle([user])
        repair.rows += one.rows
        repair.notices += one.notices
        repair.failures.merge(one.failures) { first, _ in first }
      }
      return repair
    } catch {
      return Repair(failures: [users[0]: "\(error)"])
    }
  }
}

extension Session {
  /// Settles users under the terms they have, in a transaction.
  fileprivate func settle(
    _ users: [String], maximumCatchUpMilliseconds: Int64
  ) throws -> Ledger.Repair {
    let locked = try lock(users)
    let settled = try users.compactMap { locked.users[$0] }.map { user in
      SettledUser(
        locked: user,
        settlement: try Settlement(
          of: user.account, run: .unchanged, points: .asEarned,
          nowMilliseconds: locked.nowMilliseconds,
          maximumCatchUpMilliseconds: maximumCatchUpMilliseconds, reason: "settled"))
    }
    try write(
      settled, nowMilliseconds: locked.nowMilliseconds,
      by: Authorship(requestedBy: "pointsd", reason: nil, operation: nil))
    return Ledger.Repair(
      rows: settled.map { $0.row(nowMilliseconds: locked.nowMilliseconds) },
      notices: settled.flatMap(\.settlement.notices), failures: locked.refused)
  }
}
