import MariaDB
import Points

extension Ledger {
  public func verify(_ users: [LedgerUser]) async throws -> Verification {
    let instance = instance
    return try await report(.verify, "verify") { session in
      // What was asked is read in the same snapshot as the runs.
      let intents = try session.intents(of: users.map(\.name))
      let earning = users.filter { $0.effective(under: intents[$0.name]).earning }
      return try session.verification(
        users: users.map(\.name), earning: Set(earning.map(\.name)),
        others: try session.served(instance).others)
    }
  }
}

/// What a pass over all runs finds, in time linear in their number.
private struct RunSurvey {
  private(set) var earned: [ExactName: Int128] = [:]
  private(set) var open: [ExactName: Int] = [:]
  /// The latest moment that a user is credited for, in ms.
  private(set) var ends: [ExactName: Int64] = [:]
  private(set) var overlaps: [Verification.Difference] = []

  /// Runs come in the order of their ids, in which they were opened.
  mutating func add(
    _ user: ExactName, run: Int64, beginMilliseconds: Int64, endMilliseconds: Int64,
    earned amount: Int128, isOpen: Bool
  ) {
    if isOpen { open[user, default: 0] += 1 }
    earned[user, default: 0] += amount
    guard endMilliseconds >= beginMilliseconds else { return }
    // A run that was paid for time that an earlier one was paid for.
    if let paid = ends[user], beginMilliseconds <= paid {
      let (begins, until) = (
        DateTimeStamp(millisecondsSinceEpoch: beginMilliseconds),
        DateTimeStamp(millisecondsSinceEpoch: paid)
      )
      overlaps.append(
        Verification.Difference(
          user: user.text, kind: .overlap,
          message: "run \(run) of \(user.text) is paid from \(begins) on, but an earlier run was"
            + " paid until \(until)"))
    }
    ends[user] = max(ends[user] ?? endMilliseconds, endMilliseconds)
  }
}

extension Session {
  /// Checks the ledger in use, in a transaction.
  /// - Parameter others: other instances; whether their users earn is not our matter.
  fileprivate func verification(
    users: [String], earning: Set<String>, others: [LedgerSnapshot.Instance]
  ) throws -> Verification {
    let now = try nowMilliseconds()
    let survey = try survey()
    let elsewhere = Set(others.flatMap(\.users))
    let differences =
      try differencesOfPoints(survey, configured: users) + survey.overlaps
      + openRuns(survey, against: earning, but: elsewhere) + future(survey, nowMilliseconds: now)
    return Verification(
      users: users.count, differences: differences,
      notices: try recentNotices() + others.filter(\.isLost).map(\.notice)
        + twins(of: users).values.sorted() + endOfTimestamps(nowMilliseconds: now))
  }

  /// Whether the points of a ledger add up and no run overlaps another, in a transaction.
  /// - Parameter place: what stands before the tables' names.
  func sumsAndOverlaps(in place: String) throws -> [Verification.Difference] {
    let survey = try survey(in: place)
    return try differencesOfPoints(survey, configured: [], in: place) + survey.overlaps
  }

  private func survey(in place: String = "") throws -> RunSurvey {
    var survey = RunSurvey()
    try query(
      """
      SELECT user, id, (first_slot + 1) * interval_ms, last_slot * interval_ms, earned, \
      closed_at IS NULL FROM \(place)runs ORDER BY id
      """
    ) { row in
      survey.add(
        ExactName(try row.text(0)), run: try row.integer(1), beginMilliseconds: try row.integer(2),
        endMilliseconds: try row.integer(3), earned: try row.sum(4),
        isOpen: try row.integer(5) != 0)
    }
    return survey
  }

  /// Whether `points` is what runs and adjustments add up to, of everybody the ledger knows.
  private func differencesOfPoints(
    _ survey: RunSurvey, configured: [String], in place: String = ""
  ) throws -> [Verification.Difference] {
    var points: [ExactName: Int64] = [:]
    try query(
      "SELECT user, points FROM \(place)user_tracking",
      each: { points[ExactName(try $0.text(0))] = try $0.integer(1) })
    var adjusted: [ExactName: Int128] = [:]
    try query(
      "SELECT user, CAST(SUM(delta) AS DECIMAL(38, 0)) FROM \(place)adjustments GROUP BY user",
      each: { adjusted[ExactName(try $0.text(0))] = try $0.sum(1) })
    let configured = Set(configured.map(ExactName.init))
    let earned = survey.earned
    let users = configured.union(points.keys).union(earned.keys).union(adjusted.keys)
    return users.sorted().compactMap { user in
      let sum = (earned[user] ?? 0) + (adjusted[user] ?? 0)
      let account =
        "runs \(earned[user] ?? 0) and adjustments \(adjusted[user] ?? 0) add up to \(sum)"
      guard let present = points[user] else {
        guard configured.contains(user) || sum != 0 else { return nil }
        return Verification.Difference(
          user: user.text, kind: .missingRow,
          message: "\(user.text) has no row in user_tracking; \(account)")
      }
      guard Int128(present) != sum else { return nil }
      return Verification.Difference(
        user: user.text, kind: .points,
        message: "\(user.text) has \(present) points, but \(account)")
    }
  }

  /// Whether runs are open exactly where they must be.
  private func openRuns(
    _ survey: RunSurvey, against earning: Set<String>, but elsewhere: Set<String>
  ) -> [Verification.Difference] {
    let earning = Set(earning.map(ExactName.init))
    let elsewhere = Set(elsewhere.map(ExactName.init))
    let wrong = survey.open.filter { user, count in
      count > 1 || !earning.contains(user) && !elsewhere.contains(user)
    }
    let missing = earning.filter { survey.open[$0] == nil }
    return wrong.sorted { $0.key < $1.key }.map { user, count in
      Verification.Difference(
        user: user.text, kind: .openRun,
        message: earning.contains(user)
          ? "\(user.text) has \(count) open runs"
          : "\(user.text) has an open run, but does not earn")
    }
      + missing.sorted().map {
        Verification.Difference(
          user: $0.text, kind: .noOpenRun, message: "\($0.text) earns, but has no open run")
      }
  }

  /// Runs credited beyond the present: the clock was set back, or they were edited.
  private func future(
    _ survey: RunSurvey, nowMilliseconds now: Int64
  ) -> [Verification.Difference] {
    survey.ends.filter { $0.value > now }.sorted { $0.key < $1.key }.map { user, end in
      Verification.Difference(
        user: user.text, kind: .future,
        message: "\(user.text) is credited until \(DateTimeStamp(millisecondsSinceEpoch: end)),"
          + " \((end - now + 999) / 1000) s after the database's present time: was its clock set"
          + " back? Nothing is credited until that time comes")
    }
  }

  /// From 2037 on, that MariaDB before 11.5 knows no moment after 2038-01-19 03:14:07 UTC: the server
  /// itself goes down then, whatever the types of columns are.
  private func endOfTimestamps(nowMilliseconds now: Int64) throws -> [String] {
    guard now >= DateTimeStamp(year: 2037, month: 1, day: 1).secondsSinceEpoch * 1000 else {
      return []
    }
    let ends = try query("SELECT FROM_UNIXTIME(2147483648) IS NULL, VERSION()") { row in
      try row.integer(0) == 1 ? row.text(1) : nil
    }
    return ends.compactMap(\.self).map {
      "this database server, \($0), goes down at 2038-01-19 03:14:07 UTC and does not start again"
        + " afterwards: move to MariaDB 11.5 or later before, such as Debian 13's; it takes the data over"
    }
  }

  /// What the daemon did unasked in the last 24 hours.
  private func recentNotices() throws -> [String] {
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
