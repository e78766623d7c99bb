import Logging
import Points

extension Supervisor {
  /// Tries until the ledger is ready, then brings runs and listeners to what is wanted.
  func prepareLedger() async throws {
    var attempt = 0
    while !Task.isCancelled {
      do {
        try await surroundings.prepare()
        try await reconcile()
        return
      } catch LedgerError.unavailable(let reason) {
        if case .preparing(let before) = phase, before != reason {
          logger.warning(
            "the database is not ready, trying again: \(reason)", metadata: ["event": "database"])
        }
        phase = .preparing(reason)
        attempt += 1
        let pause = min(2000, 100 << min(attempt, 5))
        guard await slept(.milliseconds(pause)) else { return }
      }
    }
  }

  private func reconcile() async throws {
    let configured = servers.map { server in
      LedgerUser(
        name: server.definition.user, terms: server.definition.terms, effective: server.override)
    }
    let operation = Operation(who: "pointsd", reason: "start")
    for notice in try await store.reconcile(configured, operation: operation) {
      logger.warning("\(notice)", metadata: ["event": "ledger"])
    }
    for intent in try await store.intents(of: users) { keep(intent) }
    rowsFound(try await store.rows(of: users))
    phase = .serving
    for server in servers {
      handle(server.effective.running ? .startAsked : .stopAsked, server: server)
    }
    adjustTickers()
  }

  /// Keeps an intent as the newest unless a newer one is known.
  func keep(_ intent: Intent) {
    guard let server = serverByName[FoldedName(intent.user)] else { return }
    if let known = server.intent, known.revision >= intent.revision { return }
    server.intent = intent
  }

  /// One ticker for each interval that a configured user has, and no other.
  func adjustTickers() {
    let intervals = Set(servers.map(\.definition.terms.intervalMilliseconds))
    for interval in intervals.subtracting(tickerEnds.keys).sorted() {
      let (ended, end) = AsyncStream.makeStream(of: Never.self)
      tickerEnds[interval] = end
      lastTicks[interval] = time.monotonicMilliseconds()
      queue.yield(.ticker(interval, ended: ended))
    }
    for interval in Set(tickerEnds.keys).subtracting(intervals) {
      tickerEnds.removeValue(forKey: interval)?.finish()
      lastTicks[interval] = nil
    }
  }

  /// Opens listeners although the ledger does not answer: clients then learn that the database is
  /// away, and a port that was asked to be closed is closed once the ledger says so.
  func openListenersWhenPatienceEnds() async {
    guard await slept(Self.patience), case .preparing(let reason) = phase else { return }
    logger.warning(
      "serving without the database until it answers: \(reason)", metadata: ["event": "database"])
    for server in servers where server.effective.running {
      handle(.startAsked, server: server)
    }
  }

  /// Asks the database's health every second and tells everybody when it changes.
  func watchHealth() async {
    repeat {
      let fault = await surroundings.health()
      switch (fault, condition) {
      case (nil, .away):
        condition = .available(since: now)
        logger.info("the database answers", metadata: ["event": "database"])
        hub.emit(.database(condition))
        metrics.database(condition)
      case (let reason?, .available):
        condition = .away(since: now, reason: reason)
        logger.error("the database is away: \(reason)", metadata: ["event": "database"])
        hub.emit(.database(condition))
        metrics.database(condition)
      case (let reason?, .away(let since, let before)) where reason != before:
        condition = .away(since: since, reason: reason)
      case (nil, .available), (_?, .away):
        break
      }
    } while await slept(.seconds(1))
  }

  /// Checks the ledger every hour, so that the gauge and the log tell of differences unasked.
  func verifyRegularly() async {
    while await slept(.seconds(3600)) {
      // A check that could not be made says nothing about the ledger; the next one comes.
      guard let verification = try? await verify() else { continue }
      for difference in verification.differences {
        logger.error(
          "the ledger does not add up: \(difference.message)",
          metadata: ["user": "\(difference.user)", "event": "verify"])
      }
    }
  }
}
