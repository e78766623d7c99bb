import MariaDB
import Points

/// The tick's write and its read.
enum TickStatements {
  /// In which order the tables are joined. Any is right; a test shows it.
  enum JoinOrder: CaseIterable {
    /// Touches, and locks, only runs that are open and due and their users' rows: without the
    /// indexes named, small tables are read, and locked, from end to end.
    case runsFirst
    case rowsFirst
    /// As the optimizer likes.
    case any
  }

  /// Which of the open runs of an interval.
  enum Scope {
    case allBut(count: Int)
    case only(count: Int)
  }

  /// Credits due runs. Sent twice, it changes nothing the second time.
  ///
  /// In an UPDATE of several tables the order of assignments is not promised, so what is added is
  /// computed from `before_tick`: the same run under an alias that nothing is assigned to. That it
  /// is the same version of the row is a condition.
  ///
  /// Nobody waits for a locked row: the statement fails at once and the users are then tried
  /// without those that are locked.
  static func credit(_ scope: Scope, order: JoinOrder = .runsFirst) -> String {
    // A few runs are found by their ids, so that no other one's lock is in the way.
    let index = if case .only = scope { "PRIMARY" } else { "open_runs_by_interval" }
    let run = "runs AS run FORCE INDEX (\(index))"
    let before = "runs AS before_tick FORCE INDEX (PRIMARY) ON before_tick.id = run.id"
    let tables =
      switch order {
      case .runsFirst:
        """
        \(run) STRAIGHT_JOIN \(before) STRAIGHT_JOIN user_tracking AS tracked \
        FORCE INDEX (one_row_a_user) ON tracked.user = run.user
        """
      case .rowsFirst:
        """
        user_tracking AS tracked STRAIGHT_JOIN runs AS run ON run.user = tracked.user \
        STRAIGHT_JOIN \(before)
        """
      case .any:
        "runs AS run JOIN \(before) JOIN user_tracking AS tracked ON tracked.user = run.user"
      }
    let slot = "\(Statement.now) DIV ?"
    return """
      SET STATEMENT innodb_lock_wait_timeout = 0 FOR UPDATE \(tables) \
      SET tracked.points = tracked.points \
      + (\(slot) - before_tick.last_slot) * before_tick.points_per_slot, \
      tracked.datetime_stamp = NOW(), run.last_slot = \(slot), run.tick = ? \
      WHERE run.is_open = 1 AND run.interval_ms = ? AND run.last_slot < \(slot) \
      AND \(slot) - run.last_slot <= ? AND before_tick.last_slot = run.last_slot\
      \(condition(scope))
      """
  }

  static func creditValues(
    interval: Int64, token: Int64, creditableSlots: Int64, runs: [Int64]
  ) -> [Value] {
    Value.integers(
      [interval, interval, token, interval, interval, interval, creditableSlots] + runs)
  }

  /// The runs that a tick has credited, those that are still due, and the time.
  static let read = """
    SELECT clock.now_ms, run.id, run.user, run.last_slot, run.tick, tracked.points, \
    tracked.datetime_stamp \
    FROM (SELECT \(Statement.now) AS now_ms) AS clock \
    LEFT JOIN (runs AS run FORCE INDEX (open_runs_by_interval) \
    LEFT JOIN user_tracking AS tracked ON tracked.user = run.user) \
    ON run.is_open = 1 AND run.interval_ms = ? \
    AND (run.tick = ? OR run.last_slot < clock.now_ms DIV ?)
    """

  /// Those of some due runs that are not locked, and locks them.
  static func lockUnlocked(count: Int) -> String {
    """
    SELECT run.id, run.last_slot, run.points_per_slot, tracked.points \
    FROM runs AS run FORCE INDEX (PRIMARY) STRAIGHT_JOIN user_tracking AS tracked \
    FORCE INDEX (one_row_a_user) ON tracked.user = run.user \
    WHERE run.id IN (\(Statement.placeholders(count))) AND run.is_open = 1 \
    FOR UPDATE SKIP LOCKED
    """
  }

  private static func condition(_ scope: Scope) -> String {
    switch scope {
    case .allBut(count: 0): ""
    case .allBut(let count): " AND run.id NOT IN (\(Statement.placeholders(count)))"
    case .only(let count): " AND run.id IN (\(Statement.placeholders(count)))"
    }
  }
}

/// What the tick's read found.
struct TickReading {
  /// A run that is due and was not credited.
  struct DueRun {
    let identifier: Int64
    let user: String
    let last: Int64
    let rowIsMissing: Bool
  }

  var nowMilliseconds: Int64 = 0
  var rows: [PointsRow] = []
  var due: [DueRun] = []
  /// A slot ended between the write and the read: what was credited is due again.
  var isOvertaken = false
}

extension Session {
  func readTick(interval: Int64, token: Int64) throws -> TickReading {
    var reading = TickReading()
    try query(
      TickStatements.read, [.integer(interval), .integer(token), .integer(interval)]
    ) { row in
      reading.nowMilliseconds = try row.integer(0)
      guard let identifier = try row.optionalInteger(1) else { return }
      let user = try row.text(2)
      let points = try row.optionalInteger(5)
      if try row.integer(4) == token, let points {
        reading.rows.append(PointsRow(user: user, points: points, stamp: try row.stamp(6)))
        if try row.integer(3) < reading.nowMilliseconds / interval { reading.isOvertaken = true }
      } else {
        reading.due.append(
          TickReading.DueRun(
            identifier: identifier, user: user, last: try row.integer(3),
            rowIsMissing: points == nil))
      }
    }
    return reading
  }
}
