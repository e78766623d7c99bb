import Logging
import MariaDB
import Points

/// Why a user is not credited with the others of its interval.
struct CreditFailure: Sendable {
  let user: String
  let reason: String
  /// Ticks in a row.
  let count: Int

  /// A row is locked for a moment by every edit; only one that stays locked is named.
  static let failuresUntilNamed = 3
  static let locked =
    "its row is locked by another transaction, such as one left open in a SQL shell;"
    + " COMMIT or ROLLBACK there; nothing is lost, it is credited when the lock is gone"

  /// What an operator needs to know of rows that a change cannot have.
  static func lockedRows(_ users: [String]) -> String {
    "\(users.prefix(5).joined(separator: ", ")): a row is locked by another transaction, such as one"
      + " left open in a SQL shell; end it by COMMIT or ROLLBACK and try again"
  }
}

extension Ledger {
  public func tick(
    intervalMilliseconds interval: Int64
  ) async throws(LedgerError) -> TickOutcome {
    do {
      return try await tickAlone(interval)
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .unavailable("credit the interval of \(interval) ms: \(error)")
    }
  }

  private func tickAlone(_ interval: Int64) async throws -> TickOutcome {
    try await oneTickAtATime {
      let token = Int64.random(in: 1...Int64.max)
      let excluded = (uncreditedUsers[interval] ?? [:]).keys.sorted()
      let group = try await creditGroup(interval, token, excluding: excluded)
      var result = PartialOutcome(reading: group.reading)
      guard !group.reading.due.isEmpty || !excluded.isEmpty else {
        return result.outcome
      }
      try await repair(interval, token, group, excluded: excluded, into: &result)
      return result.outcome
    }
  }

  /// What a group's write and read came to.
  struct GroupResult: Sendable {
    let reading: TickReading
    /// Why nobody was credited; nil when the write went through.
    let failure: DatabaseError?
  }

  /// The one write and the one read of a tick.
  private func creditGroup(
    _ interval: Int64, _ token: Int64, excluding excluded: [Int64]
  ) async throws -> GroupResult {
    let padded = Batch.filledUp(excluded)
    let sql = TickStatements.credit(.allBut(count: padded.count))
    let values = TickStatements.creditValues(
      interval: interval, token: token, creditableSlots: creditableSlots(interval), runs: padded)
    return try await retries.run("credit the interval of \(interval) ms") {
      try await writingMany {
        try await tickPool.run { session in
          var failure: DatabaseError?
          do {
            try session.execute(sql, values)
          } catch let error as DatabaseError where error.isLock || error.isRange {
            failure = error
          }
          return GroupResult(
            reading: try session.readTick(interval: interval, token: token), failure: failure)
        }
      }
    }
  }

  private func creditableSlots(_ interval: Int64) -> Int64 {
    AccrualTerms(points: 1, intervalMilliseconds: interval)
      .creditableSlots(maximumCatchUpMilliseconds: maximumCatchUpMilliseconds)
  }

  /// Deals with those whom the group's write left out.
  private func repair(
    _ interval: Int64, _ token: Int64, _ group: GroupResult, excluded: [Int64],
    into result: inout PartialOutcome
  ) async throws {
    let slot = group.reading.nowMilliseconds / interval
    let limit = creditableSlots(interval)
    var own: [TickReading.DueRun] = []
    var one: [TickReading.DueRun] = []
    for run in group.reading.due {
      if run.rowIsMissing || Int128(slot) - Int128(run.last) > Int128(limit) {
        one.append(run)
      } else if group.failure != nil || excluded.contains(run.identifier) {
        own.append(run)
      } else {
        // It became due between the write and the read.
        result.isUnfinished = true
      }
    }
    var present: [Int64: CreditFailure] = [:]
    if !own.isEmpty {
      present = try await creditUnlocked(own, interval, token, into: &result)
    }
    let repair = await settle(one.map(\.user))
    result.rows += repair.rows
    result.notices += repair.notices
    for run in one {
      guard let reason = repair.failures[run.user] else { continue }
      present[run.identifier] = CreditFailure(
        user: run.user, reason: reason, count: CreditFailure.failuresUntilNamed)
    }
    uncreditedUsers[interval] = present.isEmpty ? nil : present
    for failure in present.values {
      if failure.count >= CreditFailure.failuresUntilNamed {
        result.uncreditedUsers[failure.user] = failure.reason
      } else {
        result.isUnfinished = true
      }
    }
  }

  /// Credits those of some runs that can be, and says what is wrong with the others.
  private func creditUnlocked(
    _ runs: [TickReading.DueRun], _ interval: Int64, _ token: Int64,
    into result: inout PartialOutcome
  ) async throws -> [Int64: CreditFailure] {
    let limit = creditableSlots(interval)
    let earlier = uncreditedUsers[interval] ?? [:]
    let (refused, reading) = try await retries.run("credit users one by one") {
      try await writingMany {
        try await tickPool.transaction { session in
          let refused = try session.creditUnlocked(
            runs, interval: interval, token: token, creditableSlots: limit)
          return (refused, try session.readTick(interval: interval, token: token))
        }
      }
    }
    result.rows = reading.rows
    result.nowMilliseconds = reading.nowMilliseconds
    let entries = runs.compactMap { run -> (Int64, CreditFailure)? in
      guard let reason = refused[run.identifier] else { return nil }
      // Only a lock is worth a second look before it is named.
      let count =
        reason == CreditFailure.locked
        ? (earlier[run.identifier]?.count ?? 0) + 1 : CreditFailure.failuresUntilNamed
      return (run.identifier, CreditFailure(user: run.user, reason: reason, count: count))
    }
    return Dictionary(entries, uniquingKeysWith: { first, _ in first })
  }
}

/// What a tick has come to so far.
struct PartialOutcome {
  var rows: [PointsRow]
  var uncreditedUsers: [String: String] = [:]
  var nowMilliseconds: Int64
  var notices: [String] = []
  var isUnfinished: Bool

  init(reading: TickReading) {
    self.rows = reading.rows
    self.nowMilliseconds = reading.nowMilliseconds
    self.isUnfinished = reading.isOvertaken
  }

  var outcome: TickOutcome {
    TickOutcome(
      rows: rows, uncreditedUsers: uncreditedUsers, databaseMilliseconds: nowMilliseconds,
      notices: notices,
      isUnfinished: isUnfinished)
  }
}

extension Session {
  /// Credits those of some runs whose rows nobody has locked and whose points stay in range, in a
  /// transaction.
  /// - Returns: the others, each with its reason.
  fileprivate func creditUnlocked(
    _ runs: [TickReading.DueRun], interval: Int64, token: Int64, creditableSlots: Int64
  ) throws -> [Int64: String] {
    var refused = Dictionary(
      runs.map { ($0.identifier, CreditFailure.locked) }, uniquingKeysWith: { first, _ in first })
    var fine: [Int64] = []
    let now = try nowMilliseconds()
    for piece in Batch.padded(runs.map(\.identifier)) {
      try query(
        TickStatements.lockUnlocked(count: piece.count), Value.integers(piece)
      ) { row in
        let identifier = try row.integer(0)
        let earned =
          (Int128(now / interval) - Int128(try row.integer(1))) * Int128(try row.integer(2))
        let points = try row.integer(3)
        guard Int128(points) + earned <= Int128(Int64.max) else {
          refused[identifier] =
            "it has \(points) points, and \(earned) more would exceed the largest number,"
            + " \(Int64.max); lower them by pointsctl adjust or reset"
          return
        }
        refused[identifier] = nil
        fine.append(identifier)
      }
    }
    for piece in Batch.padded(fine) {
      try execute(
        TickStatements.credit(.only(count: piece.count)),
        TickStatements.creditValues(
          interval: interval, token: token, creditableSlots: creditableSlots, runs: piece))
    }
    return refused
  }
}
