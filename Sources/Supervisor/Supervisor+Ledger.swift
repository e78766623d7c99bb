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
    lastKnown.remember(
      try await store.rows(of: users), nowMilliseconds: time.monotonicMilliseconds())
    phase = .serving
    for index in servers.indices {
      handle(servers[index].effective.running ? .startAsked : .stopAsked, server: index)
    }
    startTickers()
  }

  /// Keeps an intent as the newest unless a newer one is known.
  func keep(_ intent: Intent) {
    guard let index = indexByName[FoldedName(intent.user)] else { return }
    if let known = servers[index].intent, known.revision >= intent.revision { return }
    servers[index].intent = intent
  }

  private func startTickers() {
    let intervals = Set(servers.map(\.definition.terms.intervalMilliseconds)).sorted()
    for interval in intervals { lastTicks[interval] = time.monotonicMilliseconds() }
    queue.yield(.tickers(intervals))
  }

  /// Opens listeners although the ledger does not answer: clients then learn that the database is
  /// away, and a port that was asked to be closed is closed once the ledger says so.
  func openListenersWhenPatienceEnds() async {
    guard await slept(Self.patience), case .preparing(let reason) = phase else { return }
    logger.warning(
      "serving without the database until it answers: \(reason)", metadata: ["event": "database"])
    for index in servers.indices where servers[index].effective.running {
      handle(.startAsked, server: index)
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
