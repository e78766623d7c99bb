import MariaDB
import Points

extension Ledger {
  public func history(of user: String, range: HistoryRange) async throws -> [HistoryPoint] {
    let what = "read the history of \(user)"
    switch range {
    case .updates(let count):
      return try await retries.run(what, reads: true) {
        try await pool.withInterruptibleConnection {
          try await $0.transaction(.snapshot) { session in
            try session.latestUpdates(of: user, limit: min(max(count, 1), 1000))
          }
        }
      }
    case .span(let from, let to, let points):
      let samples = { @Sendable (session: Session) in
        try session.samples(of: user, from: from, to: to, limit: min(max(points, 2), 1000))
      }
      guard range.isLong else {
        return try await retries.run(what, reads: true) {
          try await pool.withInterruptibleConnection {
            try await $0.transaction(.snapshot, samples)
          }
        }
      }
      return try await report(.longHistory, what, samples)
    }
  }
}

extension Session {
  private func presentPoints(of user: String) throws -> Int128 {
    if let row = try rows(of: [user]).first { return Int128(row.points) }
    return try ledgerSums(of: [user])[user] ?? 0
  }

  fileprivate func latestUpdates(of user: String, limit: Int) throws -> [HistoryPoint] {
    let columns = "points_per_slot, interval_ms, first_slot, last_slot"
    let count = Value.integer(Int64(limit))
    // Each run fetched has at least one credited slot, so `limit` of them are enough.
    let open = try query(
      "SELECT \(columns) FROM runs WHERE user = ? AND is_open = 1", [.text(user)],
      row: { try $0.run(startingAt: 0) })
    let closed = try query(
      """
      SELECT \(columns) FROM runs WHERE user = ? AND closed_end_ms IS NOT NULL \
      AND last_slot > first_slot ORDER BY closed_end_ms DESC, id DESC LIMIT ?
      """, [.text(user), count], row: { try $0.run(startingAt: 0) })
    let adjustments = try query(
      """
      SELECT \(Statement.milliseconds("made_at")), delta FROM adjustments \
      WHERE user = ? AND delta <> 0 ORDER BY made_at DESC, id DESC LIMIT ?
      """, [.text(user), count],
      row: { DatedAdjustment(milliseconds: try $0.integer(0), delta: try $0.integer(1)) })
    return [HistoryPoint](
      latest: limit, points: Int64(clamping: try presentPoints(of: user)), runs: open + closed,
      adjustments: adjustments)
  }

  fileprivate func samples(
    of user: String, from: DateTimeStamp, to: DateTimeStamp, limit: Int
  ) throws -> [HistoryPoint] {
    guard
      let plan = SamplingPlan(
        from: from.secondsSinceEpoch * 1000, to: to.secondsSinceEpoch * 1000, limit: limit,
        nowMilliseconds: try nowMilliseconds())
    else { return [] }
    let base =
      try presentPoints(of: user) - adjusted(user, after: plan.start)
      - earned(user, after: plan.start)
    var changes: [Int: Int128] = [:]
    try addAdjustments(of: user, plan, to: &changes)
    try addRunsWithinBuckets(of: user, plan, to: &changes)
    return [HistoryPoint](
      sampling: plan, since: try beginning(of: user), base: base,
      runs: try runsAcrossBuckets(of: user, plan), changes: changes)
  }

  /// When the ledger first knew a user; nil where it has nothing of the user. Each part is one row
  /// of an index, however long the history is.
  private func beginning(of user: String) throws -> Int64? {
    var beginning: Int64?
    let name = Value.text(user)
    try query(
      """
      SELECT \(Statement.milliseconds("MIN(moment)")) FROM (\
      (SELECT opened_at AS moment FROM runs WHERE user = ? AND closed_end_ms IS NOT NULL \
      ORDER BY closed_end_ms, id LIMIT 1) \
      UNION ALL (SELECT opened_at FROM runs WHERE user = ? AND is_open = 1) \
      UNION ALL (SELECT MIN(made_at) FROM adjustments WHERE user = ?)) AS firsts
      """, [name, name, name], each: { beginning = try $0.optionalInteger(0) })
    return beginning
  }

  private func adjusted(_ user: String, after moment: Int64) throws -> Int128 {
    var sum: Int128 = 0
    try query(
      """
      SELECT CAST(SUM(delta) AS DECIMAL(38, 0)) FROM adjustments \
      WHERE user = ? AND made_at > FROM_UNIXTIME(? / 1000)
      """, [.text(user), .integer(moment)], each: { sum = try $0.sum(0) })
    return sum
  }

  private func earned(_ user: String, after moment: Int64) throws -> Int128 {
    var sum: Int128 = 0
    try query(
      """
      SELECT CAST(SUM((last_slot - LEAST(last_slot, GREATEST(first_slot, ? DIV interval_ms))) \
      * points_per_slot) AS DECIMAL(38, 0)) FROM runs \
      WHERE user = ? AND (closed_end_ms IS NULL OR closed_end_ms > ?)
      """, [.integer(moment), .text(user), .integer(moment)], each: { sum = try $0.sum(0) })
    return sum
  }

  private func addAdjustments(
    of user: String, _ plan: SamplingPlan, to changes: inout [Int: Int128]
  ) throws {
    let bucket = Statement.bucket(Statement.milliseconds("made_at"))
    try query(
      """
      SELECT \(bucket) AS bucket, CAST(SUM(delta) AS DECIMAL(38, 0)) FROM adjustments \
      WHERE user = ? AND made_at > FROM_UNIXTIME(? / 1000) \
      AND made_at <= FROM_UNIXTIME(? / 1000) GROUP BY bucket
      """,
      plan.bucketValues + [.text(user), .integer(plan.start), .integer(plan.end)]
    ) { changes[Int(try $0.integer(0)), default: 0] += try $0.sum(1) }
  }

  /// Runs that begin and end between two samples: at most one sum for each sample.
  private func addRunsWithinBuckets(
    of user: String, _ plan: SamplingPlan, to changes: inout [Int: Int128]
  ) throws {
    try query(
      """
      SELECT \(Statement.bucket("closed_end_ms")) AS bucket, \
      CAST(SUM(earned) AS DECIMAL(38, 0)) FROM runs \
      WHERE user = ? AND closed_end_ms > ? AND closed_end_ms <= ? AND last_slot > first_slot \
      AND NOT (\(Statement.spansBuckets)) GROUP BY bucket
      """,
      plan.bucketValues + [.text(user), .integer(plan.start), .integer(plan.end)]
        + plan.spanValues
    ) { changes[Int(try $0.integer(0)), default: 0] += try $0.sum(1) }
  }

  /// The other runs: they hold a sample's moment, and runs follow each other, so there are at most
  /// about two for each sample.
  private func runsAcrossBuckets(of user: String, _ plan: SamplingPlan) throws -> [DatedRun] {
    try query(
      """
      SELECT points_per_slot, interval_ms, first_slot, last_slot, \
      \(Statement.milliseconds("opened_at")), \(Statement.milliseconds("closed_at")) FROM runs \
      WHERE user = ? AND (closed_end_ms IS NULL OR closed_end_ms > ? \
      OR closed_at > FROM_UNIXTIME(? / 1000)) AND (\(Statement.spansBuckets))
      """,
      [.text(user), .integer(plan.start), .integer(plan.start)] + plan.spanValues,
      row: {
        DatedRun(
          run: try $0.run(startingAt: 0), openedMilliseconds: try $0.integer(4),
          closedMilliseconds: try $0.optionalInteger(5))
      })
  }
}

extension Statement {
  /// The number of the first sample that shows a moment; see `SamplingPlan.bucket`. Takes the
  /// plan's start, start and step.
  static func bucket(_ milliseconds: String) -> String {
    "(IF(\(milliseconds) <= ?, 0, (\(milliseconds) - ? + ? - 1) DIV ?))"
  }

  /// Whether a run is open, or earns in more than one bucket, or was open at a sample's moment.
  static var spansBuckets: String {
    let opened = bucket(milliseconds("opened_at"))
    let closed = bucket(milliseconds("closed_at"))
    let first = bucket("(first_slot + 1) * interval_ms")
    let last = bucket("last_slot * interval_ms")
    return "closed_at IS NULL OR \(opened) <> \(closed) OR \(first) <> \(last)"
  }
}

extension SamplingPlan {
  fileprivate var end: Int64 { moment(count - 1) }

  fileprivate var bucketValues: [Value] { Value.integers([start, start, step, step]) }

  fileprivate var spanValues: [Value] {
    bucketValues + bucketValues + bucketValues + bucketValues
  }
}
