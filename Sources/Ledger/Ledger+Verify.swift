import MariaDB
import Points

extension Ledger {
  public func verify(_ users: [LedgerUser]) async throws -> Verification {
    let instance = instance
    return try await retries.run("verify") {
      try await pool.run { session in
        try session.transaction(.snapshot) { session in
          // What was asked is read in the same snapshot as the runs.
          let intents = try session.intents(of: users.map(\.name))
          let earning = users.filter { $0.effective(under: intents[$0.name]).earning }
          return try session.verification(
            users: users.map(\.name), earning: Set(earning.map(\.name)),
            elsewhere: try session.servedElsewhere(than: instance))
        }
      }
    }
  }
}

extension Session {
  /// Checks the ledger in use, in a transaction.
  /// - Parameter elsewhere: users that other instances serve; whether they earn is not our matter.
  func verification(
    users: [String], earning: Set<String>, elsewhere: Set<String> = []
  ) throws -> Verification {
    let now = try nowMilliseconds()
    let differences =
      try differencesOfPoints(configured: users) + overlaps()
      + openRuns(against: earning, but: elsewhere)
      + future(nowMilliseconds: now)
    return Verification(
      users: users.count, differences: differences, notices: try recentNotices())
  }

  /// Whether `points` is what runs and adjustments add up to, of everybody the ledger knows.
  /// - Parameter place: what stands before the tables' names.
  func differencesOfPoints(
    configured: [String], in place: String = ""
  ) throws -> [Verification.Difference] {
    var points: [String: Int64] = [:]
    try query(
      "SELECT user, points FROM \(place)user_tracking",
      each: { points[try $0.text(0)] = try $0.integer(1) })
    let earned = try sums("earned", in: "\(place)runs")
    let adjusted = try sums("delta", in: "\(place)adjustments")
    let configured = Set(configured)
    let users = configured.union(points.keys).union(earned.keys).union(adjusted.keys)
    return users.sorted().compactMap { user in
      let sum = (earned[user] ?? 0) + (adjusted[user] ?? 0)
      let account =
        "runs \(earned[user] ?? 0) and adjustments \(adjusted[user] ?? 0) add up to \(sum)"
      guard let present = points[user] else {
        guard configured.contains(user) || sum != 0 else { return nil }
        return Verification.Difference(
          user: user, kind: .missingRow,
          message: "\(user) has no row in user_tracking; \(account)")
      }
      guard Int128(present) != sum else { return nil }
      return Verification.Difference(
        user: user, kind: .points, message: "\(user) has \(present) points, but \(account)")
    }
  }

  private func sums(_ amount: String, in table: String) throws -> [String: Int128] {
    var sums: [String: Int128] = [:]
    try query(
      "SELECT user, CAST(SUM(\(amount)) AS DECIMAL(38, 0)) FROM \(table) GROUP BY user",
      each: { sums[try $0.text(0)] = try $0.sum(1) })
    return sums
  }

  /// Runs that were paid for time that an earlier run was paid for.
  func overlaps(in place: String = "") throws -> [Verification.Difference] {
    try query(
      """
      SELECT user, id, begins_ms, paid_ms FROM (
        SELECT user, id, (first_slot + 1) * interval_ms AS begins_ms,
          MAX(last_slot * interval_ms) OVER (
            PARTITION BY user ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) AS paid_ms
        FROM \(place)runs WHERE last_slot > first_slot
      ) AS paid WHERE begins_ms <= paid_ms ORDER BY user, id
      """,
      row: { row in
        let user = try row.text(0)
        let begins = DateTimeStamp(millisecondsSinceEpoch: try row.integer(2))
        let paid = DateTimeStamp(millisecondsSinceEpoch: try row.integer(3))
        return Verification.Difference(
          user: user, kind: .overlap,
          message: "run \(try row.integer(1)) of \(user) is paid from \(begins) on, but an"
            + " earlier run was paid until \(paid)")
      })
  }

  /// Whether runs are open exactly where they are to be.
  fileprivate func openRuns(
    against earning: Set<String>, but elsewhere: Set<String>
  ) throws -> [Verification.Difference] {
    var open: [String: Int] = [:]
    try query(
      "SELECT user FROM runs WHERE closed_at IS NULL",
      each: { open[try $0.text(0), default: 0] += 1 })
    let wrong = open.keys.filter { user in
      open[user, default: 0] > 1 || !earning.contains(user) && !elsewhere.contains(user)
    }
    let missing = earning.filter { open[$0] == nil }
    return wrong.sorted().map { user in
      Verification.Difference(
        user: user, kind: .openRun,
        message: earning.contains(user)
          ? "\(user) has \(open[user, default: 0]) open runs"
          : "\(user) has an open run, but is not to earn")
    }
      + missing.sorted().map {
        Verification.Difference(
          user: $0, kind: .noOpenRun, message: "\($0) is to earn, but has no open run")
      }
  }

  /// Runs credited beyond the present: the clock was set back, or somebody edited them.
  fileprivate func future(nowMilliseconds now: Int64) throws -> [Verification.Difference] {
    try query(
      """
      SELECT user, MAX(last_slot * interval_ms) FROM runs WHERE last_slot * interval_ms > ? \
      GROUP BY user ORDER BY user
      """, [.integer(now)],
      row: { row in
        let user = try row.text(0)
        let end = try row.integer(1)
        return Verification.Difference(
          user: user, kind: .future,
          message: "\(user) is credited until \(DateTimeStamp(millisecondsSinceEpoch: end)),"
            + " \((end - now + 999) / 1000) s after the database's present time: was its clock set"
            + " back? Nothing is credited until that time comes")
      })
  }

  /// What the daemon did of its own accord in the last 24 hours.
  fileprivate func recentNotices() throws -> [String] {
    try query(
      """
      SELECT made_at, reason FROM adjustments \
      WHERE source = 'notice' AND made_at > NOW(3) - INTERVAL 1 DAY ORDER BY id DESC LIMIT 100
      """,
      row: { row in
        let moment = try row.stamp(0).map { "\($0): " } ?? ""
        return moment + (try row.optionalText(1) ?? "")
      }
    ).reversed()
  }
}
