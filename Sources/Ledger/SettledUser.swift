import MariaDB
import Points

/// One user's settlement, ready to be written.
struct SettledUser {
  let locked: LockedUser
  let settlement: Settlement

  var user: String { locked.account.user }

  /// The row afterwards.
  func row(nowMilliseconds: Int64) -> PointsRow {
    let stamp =
      settlement.rowChanges
      ? DateTimeStamp(millisecondsSinceEpoch: nowMilliseconds) : locked.stamp
    return PointsRow(user: user, points: settlement.points, stamp: stamp)
  }
}

/// On whose behalf something is written, and as what.
struct Authorship {
  let requestedBy: String
  let reason: String?
  /// nil for what the daemon does unasked.
  let operation: String?
}

extension Session {
  /// Writes settlements back, in the transaction that locked the accounts.
  ///
  /// Writing may need locks that no row shows: a run that another transaction has put in and not
  /// committed, a gap between two runs.
  /// - Returns: with `.skip`, the users that were left as they are because of that.
  @discardableResult
  func write(
    _ settled: [SettledUser], nowMilliseconds now: Int64, by author: Authorship,
    _ policy: LockPolicy = .wait
  ) throws -> Set<String> {
    guard policy == .skip, !settled.isEmpty else {
      try writeAll(settled, now, by: author)
      return []
    }
    try executeText("SET SESSION innodb_lock_wait_timeout = 0")
    let skipped = Result { try writeParts(settled[...], now, by: author) }
    if !isBroken { try executeText("SET SESSION innodb_lock_wait_timeout = 1") }
    return try skipped.get()
  }

  /// Writes all of them or, when a lock is held by another transaction, each half by itself.
  private func writeParts(
    _ settled: ArraySlice<SettledUser>, _ now: Int64, by author: Authorship
  ) throws -> Set<String> {
    try executeText("SAVEPOINT part")
    do {
      try writeAll(Array(settled), now, by: author)
      return []
    } catch let error as DatabaseError where error.code == 1205 {
      try executeText("ROLLBACK TO SAVEPOINT part")
      guard settled.count > 1 else { return Set(settled.map(\.user)) }
      let half = settled.count / 2
      return try writeParts(settled.prefix(half), now, by: author)
        .union(writeParts(settled.dropFirst(half), now, by: author))
    }
  }

  private func writeAll(_ settled: [SettledUser], _ now: Int64, by author: Authorship) throws {
    try updateRows(
      settled.filter { $0.settlement.rowChanges && !$0.locked.account.rowIsMissing }, now)
    try insertRows(settled.filter(\.locked.account.rowIsMissing), now)
    try updateRuns(settled, now, by: author)
    try insertRuns(settled, now, by: author)
    try insertAdjustments(settled, now, by: author)
  }

  private func updateRows(_ settled: [SettledUser], _ now: Int64) throws {
    for piece in Batch.exact(settled) {
      let values = Statement.repeated(
        "SELECT CAST(? AS CHAR(100)) COLLATE utf8mb4_nopad_bin AS user, CAST(? AS SIGNED) AS points",
        piece.count, separator: " UNION ALL ")
      let sql = """
        UPDATE (\(values)) AS written STRAIGHT_JOIN user_tracking AS tracked
        FORCE INDEX (one_row_a_user) ON tracked.user = written.user
        SET tracked.points = written.points, tracked.datetime_stamp = FROM_UNIXTIME(? DIV 1000)
        """
      let parameters = piece.flatMap {
        [.text($0.user), .integer($0.settlement.points)] as [Value]
      }
      try execute(sql, parameters + [.integer(now)])
    }
  }

  private func insertRows(_ settled: [SettledUser], _ now: Int64) throws {
    for piece in Batch.exact(settled) {
      let values = Statement.repeated(
        "(?, ?, FROM_UNIXTIME(? DIV 1000))", piece.count, separator: ", ")
      try execute(
        "INSERT INTO user_tracking (user, points, datetime_stamp) VALUES \(values)",
        piece.flatMap {
          [.text($0.user), .integer($0.settlement.points), .integer(now)] as [Value]
        })
    }
  }

  private func updateRuns(_ settled: [SettledUser], _ now: Int64, by author: Authorship) throws {
    let changed = settled.filter {
      $0.settlement.credited != nil || $0.settlement.closing != nil
    }
    for piece in Batch.exact(changed) {
      let values = Statement.repeated(
        """
        SELECT CAST(? AS SIGNED) AS id, CAST(? AS SIGNED) AS last_slot, \
        CAST(? AS CHAR(1000)) AS close_reason
        """, piece.count, separator: " UNION ALL ")
      let sql = """
        UPDATE (\(values)) AS written STRAIGHT_JOIN runs AS run
        FORCE INDEX (PRIMARY) ON run.id = written.id
        SET run.last_slot = written.last_slot, run.close_reason = written.close_reason,
          run.closed_at = IF(written.close_reason IS NULL, NULL, FROM_UNIXTIME(? / 1000)),
          run.closed_by = IF(written.close_reason IS NULL, NULL, ?)
        WHERE run.closed_at IS NULL
        """
      let parameters = piece.flatMap { user -> [Value] in
        let last = user.settlement.credited ?? user.locked.account.openRun?.last
        return [Value(user.locked.openRun), Value(last), .reason(user.settlement.closing)]
      }
      try execute(sql, parameters + [.integer(now), .requester(author.requestedBy)])
    }
  }

  private func insertRuns(_ settled: [SettledUser], _ now: Int64, by author: Authorship) throws {
    let opened = settled.compactMap { user in
      user.settlement.opened.map { (user: user.user, run: $0) }
    }
    for piece in Batch.exact(opened) {
      let values = Statement.repeated(
        "(?, ?, ?, ?, ?, FROM_UNIXTIME(? / 1000), ?)", piece.count, separator: ", ")
      let sql = """
        INSERT INTO runs (user, points_per_slot, interval_ms, first_slot, last_slot, opened_at, \
        opened_by) VALUES \(values)
        """
      try execute(
        sql,
        piece.flatMap { user, run -> [Value] in
          [
            .text(user), .integer(run.terms.points), .integer(run.terms.intervalMilliseconds),
            .integer(run.first), .integer(run.last), .integer(now), .requester(author.requestedBy),
          ]
        })
    }
  }

  private func insertAdjustments(
    _ settled: [SettledUser], _ now: Int64, by author: Authorship
  ) throws {
    let entries = settled.flatMap { user in
      user.settlement.adjustments.map { adjustment -> [Value] in
        [
          .text(user.user), .integer(adjustment.delta), "operation", .integer(now),
          .requester(author.requestedBy), .reason(adjustment.reason ?? author.reason),
          Value(author.operation),
        ]
      }
        + user.settlement.notices.map { notice -> [Value] in
          [
            .text(user.user), 0, "notice", .integer(now), .requester(author.requestedBy),
            .reason(notice),
            Value(author.operation),
          ]
        }
    }
    for piece in Batch.exact(entries) {
      let values = Statement.repeated(
        "(?, ?, ?, FROM_UNIXTIME(? / 1000), ?, ?, ?)", piece.count, separator: ", ")
      let sql = """
        INSERT INTO adjustments (user, delta, source, made_at, made_by, reason, operation_id) \
        VALUES \(values)
        """
      try execute(sql, piece.flatMap { $0 })
    }
  }
}
