import MariaDB
import Points

/// A user's account with what is needed to write it back.
struct LockedUser {
  let account: UserAccount
  let openRun: Int64?
  let stamp: DateTimeStamp?
  let intent: Intent?
}

/// Accounts read under their locks, and the time at which they were.
struct LockedUsers {
  let nowMilliseconds: Int64
  let users: [String: LockedUser]
  /// Those that another transaction holds a lock on.
  let skipped: Set<String>
  /// Those whose account nobody can tell, each with what to do about it.
  let refused: [String: String]
}

/// What to do about rows that another transaction has locked.
enum LockPolicy {
  /// Wait for up to `innodb_lock_wait_timeout`, then fail.
  case wait
  /// Go on without their users.
  case skip

  fileprivate var suffix: String { self == .skip ? " SKIP LOCKED" : "" }
}

extension Session {
  /// Locks the rows of `users` in `user_tracking` and their open runs, then reads the rest of their
  /// accounts and the time, in a transaction. What the ledger has of them under another spelling
  /// takes theirs.
  func lock(_ users: [String], _ policy: LockPolicy = .wait) throws -> LockedUsers {
    var rows = try lockRows(of: users, policy)
    var missing = users.filter { rows[$0] == nil }
    var skipped: Set<String> = []
    if policy == .skip, !missing.isEmpty {
      skipped = try existing(missing)
      missing.removeAll { skipped.contains($0) }
    }
    var refused: [String: String] = [:]
    if !missing.isEmpty {
      let spelling = try takeSpelling(of: missing)
      refused = spelling.refused
      if spelling.renamed { rows.merge(try lockRows(of: missing, policy)) { $1 } }
      missing.removeAll { rows[$0] != nil || refused[$0] != nil }
    }
    let runs = try openRuns(of: users.filter { !skipped.contains($0) }, policy)
    if policy == .skip {
      skipped.formUnion(try usersWithOpenRun(of: users).filter { runs[$0] == nil })
    }
    let users = users.filter { !skipped.contains($0) && refused[$0] == nil }
    let ends = try latestEnds(of: users)
    let intents = try intents(of: users)
    let sums = try missing.isEmpty ? [:] : ledgerSums(of: missing)
    let now = try nowMilliseconds()
    let accounts = users.map { user in
      let row = rows[user]
      let isKnown =
        sums[user] != nil || intents[user] != nil || runs[user] != nil || ends[user] != nil
      let account = UserAccount(
        user: user, points: row.map { Int128($0.points) } ?? sums[user] ?? 0,
        rowIsMissing: row == nil, isKnown: isKnown, openRun: runs[user]?.run,
        latestEndMilliseconds: ends[user])
      return (
        user,
        LockedUser(
          account: account, openRun: runs[user]?.identifier, stamp: row?.stamp,
          intent: intents[user])
      )
    }
    return LockedUsers(
      nowMilliseconds: now, users: Dictionary(accounts, uniquingKeysWith: { first, _ in first }),
      skipped: skipped, refused: refused)
  }

  private func lockRows(of users: [String], _ policy: LockPolicy) throws -> [String: PointsRow] {
    var rows: [String: PointsRow] = [:]
    for names in Batch.padded(users) {
      let sql = """
        SELECT user, points, datetime_stamp FROM user_tracking FORCE INDEX (one_row_a_user) \
        WHERE user IN (\(Statement.placeholders(names.count))) FOR UPDATE\(policy.suffix)
        """
      try query(sql, Value.texts(names)) { row in
        let user = try row.text(0)
        rows[user] = PointsRow(user: user, points: try row.integer(1), stamp: try row.stamp(2))
      }
    }
    return rows
  }

  private func existing(_ users: [String]) throws -> Set<String> {
    var found: Set<String> = []
    for names in Batch.padded(users) {
      let sql =
        "SELECT user FROM user_tracking WHERE user IN (\(Statement.placeholders(names.count)))"
      try query(sql, Value.texts(names), each: { found.insert(try $0.text(0)) })
    }
    return found
  }

  /// Those of `users` that have an open run, locked or not.
  func usersWithOpenRun(of users: [String]) throws -> Set<String> {
    var found: Set<String> = []
    for names in Batch.padded(users) {
      let sql = """
        SELECT user FROM runs FORCE INDEX (one_open_run_a_user) \
        WHERE is_open = 1 AND user IN (\(Statement.placeholders(names.count)))
        """
      try query(sql, Value.texts(names), each: { found.insert(try $0.text(0)) })
    }
    return found
  }

  private func openRuns(
    of users: [String], _ policy: LockPolicy
  ) throws -> [String: (identifier: Int64, run: Run)] {
    var runs: [String: (identifier: Int64, run: Run)] = [:]
    for names in Batch.padded(users) {
      let sql = """
        SELECT user, id, points_per_slot, interval_ms, first_slot, last_slot \
        FROM runs FORCE INDEX (one_open_run_a_user) \
        WHERE is_open = 1 AND user IN (\(Statement.placeholders(names.count))) \
        FOR UPDATE\(policy.suffix)
        """
      try query(sql, Value.texts(names)) { row in
        runs[try row.text(0)] = (try row.integer(1), try row.run(startingAt: 2))
      }
    }
    return runs
  }

  private func latestEnds(of users: [String]) throws -> [String: Int64] {
    var ends: [String: Int64] = [:]
    for names in Batch.padded(users) {
      let sql = """
        SELECT user, MAX(closed_end_ms) FROM runs \
        WHERE user IN (\(Statement.placeholders(names.count))) GROUP BY user
        """
      try query(sql, Value.texts(names)) { row in
        if let end = try row.optionalInteger(1) { ends[try row.text(0)] = end }
      }
    }
    return ends
  }

  /// What runs and adjustments add up to; users of whom nothing is known are left out.
  func ledgerSums(of users: [String]) throws -> [String: Int128] {
    var sums: [String: Int128] = [:]
    for names in Batch.padded(users) {
      let list = Statement.placeholders(names.count)
      let sql = """
        SELECT user, CAST(SUM(amount) AS DECIMAL(38, 0)) FROM (
          SELECT user, earned AS amount FROM runs
          WHERE user IN (\(list))
          UNION ALL SELECT user, delta FROM adjustments WHERE user IN (\(list))
        ) AS entries GROUP BY user
        """
      try query(sql, Value.texts(names + names)) { row in
        sums[try row.text(0)] = try row.sum(1)
      }
    }
    return sums
  }

  /// The intents of those of `users` that have one.
  func intents(of users: [String]) throws -> [String: Intent] {
    var intents: [String: Intent] = [:]
    for names in Batch.padded(users, largest: Batch.largestRead) {
      let sql = """
        SELECT user, running, paused, asked_by, reason, since, revision FROM intents \
        WHERE user IN (\(Statement.placeholders(names.count)))
        """
      try query(sql, Value.texts(names)) { row in
        let intent = Intent(
          user: try row.text(0), running: try row.integer(1) != 0, paused: try row.integer(2) != 0,
          requestedBy: try row.text(3), reason: try row.optionalText(4),
          since: try row.stamp(5) ?? DateTimeStamp(secondsSinceEpoch: 0),
          revision: try row.integer(6))
        guard intent.hasPossibleRevision else {
          throw LedgerError.unavailable(
            "the intent of \(intent.user) has the revision \(intent.revision), which cannot be; correct it"
              + " by hand in SQL")
        }
        intents[intent.user] = intent
      }
    }
    return intents
  }
}

extension RowView {
  /// A run from four columns: points a slot, interval, first and last slot.
  ///
  /// Throws `LedgerError.unavailable` when they are what cannot be, so that nobody counts with them: a
  /// check of the table was dropped.
  func run(startingAt column: Int) throws -> Run {
    let terms = try terms(startingAt: column)
    let run = Run(terms: terms, first: try integer(column + 2), last: try integer(column + 3))
    guard run.isPossible else {
      throw LedgerError.unavailable(
        "a row of the table runs has the slots \(run.first) to \(run.last), which cannot be; correct it"
          + " by hand in SQL")
    }
    return run
  }

  /// Terms from two columns: points a slot and interval; throws as `run` does.
  func terms(startingAt column: Int) throws -> AccrualTerms {
    let terms = AccrualTerms(
      points: try integer(column), intervalMilliseconds: try integer(column + 1))
    guard terms.arePossible else {
      throw LedgerError.unavailable(
        "a row of the table runs has \(terms.points) points for \(terms.intervalMilliseconds) ms, which"
          + " cannot be; correct it by hand in SQL")
    }
    return terms
  }
}
