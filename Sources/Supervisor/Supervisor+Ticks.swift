import Logging
import Points

extension Supervisor {
  /// With more users than this a tick is one line in the log, and each user's at debug level.
  static let linesPerTick = 100

  /// Ticks for each interval that a configured user has, and for no other.
  func adjustTicks() {
    let intervals = Set(table.all.map(\.definition.terms.intervalMilliseconds))
    for interval in intervals.subtracting(tickEnds.keys).sorted() {
      let (ended, end) = AsyncStream.makeStream(of: Never.self)
      tickEnds[interval] = end
      ticks.begin(interval, now: time.monotonicMilliseconds())
      queue.yield(.ticks(interval, ended: ended))
    }
    for interval in Set(tickEnds.keys).subtracting(intervals) {
      tickEnds.removeValue(forKey: interval)?.finish()
      ticks.end(interval)
    }
  }

  /// Ticks at an interval until the task is cancelled or `ended` is.
  func runTicks(_ interval: Int64, until ended: AsyncStream<Never>) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.tickRegularly(interval) }
      group.addTask { for await _ in ended {} }
      await group.next()
      group.cancelAll()
    }
  }

  /// The slots are the database's, so this machine's clock decides only how long to sleep: too
  /// short or too long a sleep makes a tick early or late, never wrong.
  private func tickRegularly(_ interval: Int64) async {
    var schedule = TickSchedule(intervalMilliseconds: interval)
    var pause: Int64 = 0
    repeat {
      // While another daemon may have the lock, nothing is written.
      guard mayWrite else {
        pause = schedule.pauseAfterFailure(random: time.random())
        continue
      }
      let token = observations.begin()
      do throws(LedgerError) {
        let outcome = try await store.tick(intervalMilliseconds: interval)
        ticked(interval, outcome, token)
        pause = schedule.pause(after: outcome)
      } catch {
        tickFailed(interval, "\(error)")
        pause = schedule.pauseAfterFailure(random: time.random())
      }
    } while await slept(.milliseconds(pause))
  }

  func ticked(_ interval: Int64, _ outcome: TickOutcome, _ token: Int) {
    guard tickEnds[interval] != nil, phase != .stopping else { return }
    if ticks.hasFailed(interval) {
      logger.info(
        "ticks of \(Self.seconds(interval)) s go through again, nothing was lost",
        metadata: ["event": "tick"])
    }
    ticks.done(interval, outcome, now: time.monotonicMilliseconds())
    metrics.ticked(outcome)
    logTick(outcome.rows)
    // Others' users are credited too, but are others' to show.
    let own = otherInstances.isEmpty ? nil : Set(table.users)
    if outcome.rows.isEmpty || !isRestoring && observations.accept(token) {
      publish(own.map { own in outcome.rows.filter { own.contains($0.user) } } ?? outcome.rows)
    } else {
      // Something else was read meanwhile, or these rows may be of a restored ledger of which nobody
      // knows yet: a turn finds which is newer.
      digest = nil
      wake.yield()
    }
    for notice in outcome.notices { logger.warning("\(notice)", metadata: ["event": "ledger"]) }
    for server in table.all { noteCreditFailure(of: server) }
    metrics.uncredited(table.all.count { $0.creditFailure != nil })
    updateLateness()
  }

  private func tickFailed(_ interval: Int64, _ reason: String) {
    guard ticks.failed(interval, reason), case .available = condition else { return }
    logger.error(
      "ticks of \(Self.seconds(interval)) s fail, nothing is lost: \(reason)",
      metadata: ["event": "tick"])
  }

  private static func seconds(_ milliseconds: Int64) -> Double { Double(milliseconds) / 1000 }

  private func logTick(_ rows: [PointsRow]) {
    let level: Logger.Level = rows.count > Self.linesPerTick ? .debug : .info
    for row in rows where logger.logLevel <= level {
      logger.log(
        level: level, "Updated \(row.user): Points=\(row.points), Time=\(stampText(row))",
        metadata: ["user": "\(row.user)", "event": "update"])
    }
    if rows.count > Self.linesPerTick {
      logger.info("Updated \(rows.count) users", metadata: ["event": "update"])
    }
  }

  private func stampText(_ row: PointsRow) -> String {
    row.stamp.map(\.description) ?? "unknown"
  }

  /// Names a user that cannot be credited, or brought to what is wanted, when that begins and ends.
  func noteCreditFailure(of server: Server) {
    let user = server.definition.user
    let failure = ticks.uncreditedUsers[user] ?? unrepaired[user]
    guard server.creditFailure != failure else { return }
    server.creditFailure = failure
    let metadata: Logger.Metadata = ["user": "\(user)", "event": "trouble"]
    if let failure {
      server.lastError = (failure, Server.publicCreditFailure)
      logger.error("\(user) could not be credited: \(failure)", metadata: metadata)
    } else {
      logger.info("\(user) is credited again, nothing was lost", metadata: metadata)
    }
    hub.emit(.server(server.status))
  }

  /// Seconds since the newest tick of any interval; nil before the first.
  public var secondsSinceTick: Int? {
    ticks.newest.map { Int((time.monotonicMilliseconds() - $0) / 1000) }
  }

  /// Looks every second for ticks that did not come.
  func watchLateness() async {
    while await slept(.seconds(1)) {
      updateLateness()
    }
  }

  func updateLateness() {
    let now = time.monotonicMilliseconds()
    let late = table.all.filter { server in
      server.effective.earning
        && ticks.isLate(
          server.definition.user, interval: server.definition.terms.intervalMilliseconds, now: now)
    }.map(\.definition.user)
    guard late != lateUsers else { return }
    lateUsers = late
    hub.emit(.late(late))
  }
}
