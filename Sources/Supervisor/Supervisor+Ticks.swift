import Logging
import Points

extension Supervisor {
  /// With more users than this a tick is one line in the log, and each user's at debug level.
  static let linesPerTick = 100
  /// How much later than its interval a tick may come before its users count as late, in ms.
  static let graceMilliseconds: Int64 = 2000

  /// A ticker tells what it did.
  func ticked(_ interval: Int64, _ report: TickReport) {
    guard case .done(let outcome) = report, tickerEnds[interval] != nil else { return }
    lastTicks[interval] = time.monotonicMilliseconds()
    metrics.ticked(outcome)
    rowsFound(outcome.rows)
    logTick(outcome.rows)
    for notice in outcome.notices { logger.warning("\(notice)", metadata: ["event": "ledger"]) }
    for server in servers where server.definition.terms.intervalMilliseconds == interval {
      note(trouble: outcome.troubles[server.definition.user], server: server)
    }
    updateLateness()
  }

  /// Rows were found in the database; those that differ from what was known go to everybody.
  func rowsFound(_ rows: [PointsRow]) {
    findings += 1
    let changed = lastKnown.differing(rows)
    lastKnown.remember(rows, nowMilliseconds: time.monotonicMilliseconds())
    guard !changed.isEmpty else { return }
    host.publish(changed)
    hub.emit(.points(changed))
  }

  /// Looks every second for what was changed by hand in the database.
  func watchRows() async {
    while await slept(.seconds(1)) {
      guard phase == .serving, case .available = condition else { continue }
      let before = findings
      // When the database cannot be asked, the health watch says so.
      guard let rows = try? await store.rows(of: users), before == findings else { continue }
      rowsFound(rows)
    }
  }

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

  /// Names a user's trouble when it begins and when it is over.
  private func note(trouble: String?, server: Server) {
    guard server.trouble != trouble else { return }
    server.trouble = trouble
    let user = server.definition.user
    let metadata: Logger.Metadata = ["user": "\(user)", "event": "trouble"]
    if let trouble {
      server.lastError = (trouble, Server.publicCreditFailure)
      logger.error("\(user) could not be credited: \(trouble)", metadata: metadata)
    } else {
      logger.info("\(user) is credited again, nothing was lost", metadata: metadata)
    }
    hub.emit(.server(server.status))
  }

  /// Seconds since the newest tick of any interval; nil before the first.
  public var secondsSinceTick: Int? {
    lastTicks.values.max().map { Int((time.monotonicMilliseconds() - $0) / 1000) }
  }

  /// Looks every second for ticks that did not come.
  func watchLateness() async {
    while await slept(.seconds(1)) {
      updateLateness()
      metrics.servers(servers)
    }
  }

  func updateLateness() {
    let now = time.monotonicMilliseconds()
    let late = servers.filter { server in
      guard server.effective.earning else { return false }
      let interval = server.definition.terms.intervalMilliseconds
      guard let last = lastTicks[interval] else { return false }
      return server.trouble != nil || now - last > interval + Self.graceMilliseconds
    }.map(\.definition.user)
    guard late != lateUsers else { return }
    lateUsers = late
    metrics.late(late)
    hub.emit(.late(late))
  }
}
