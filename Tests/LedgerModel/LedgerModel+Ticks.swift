import Points

extension LedgerModel {
  /// What a tick's write came to.
  package struct Credit: Sendable, Hashable {
    /// Users that were credited.
    package var credited: [String] = []
    /// Users whose rows are locked.
    package var locked: [String] = []
    /// Users whose row is missing or whose gap is too long: `settle` deals with them.
    package var unsettled: [String] = []
  }

  /// The tick's one write: credits the open runs of an interval that are behind.
  package mutating func credit(
    intervalMilliseconds interval: Int64, locked: Set<String>, now: Int64
  ) -> Credit {
    var credit = Credit()
    for index in runs.indices where runs[index].isOpen {
      let user = runs[index].user
      let run = runs[index].run
      let slot = run.terms.slot(at: now)
      guard run.terms.intervalMilliseconds == interval, run.last < slot else { continue }
      let creditable = run.terms.creditableSlots(
        maximumCatchUpMilliseconds: maximumCatchUpMilliseconds)
      guard let row = rows[user], slot - run.last <= creditable else {
        credit.unsettled.append(user)
        continue
      }
      guard !locked.contains(user) else {
        credit.locked.append(user)
        continue
      }
      runs[index].run.last = slot
      rows[user] = PointsRow(
        user: user, points: row.points + (slot - run.last) * run.terms.points,
        stamp: DateTimeStamp(millisecondsSinceEpoch: now))
      credit.credited.append(user)
    }
    return credit
  }

  /// Settles users under the terms they have: a missing row is made again, a gap that is too long
  /// is written off.
  /// - Returns: notices.
  package mutating func settle(_ users: [String], now: Int64) throws(LedgerError) -> [String] {
    var settled: [SettledAccount] = []
    for user in users {
      settled.append(
        try settle(
          account(of: user), run: .unchanged, points: .asEarned, now: now, reason: "settled"))
    }
    write(settled, now: now, reason: nil, operation: nil)
    return settled.flatMap(\.settlement.notices)
  }
}
