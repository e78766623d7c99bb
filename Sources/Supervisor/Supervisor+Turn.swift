import Logging
import Points

// One turn of the loop: what is wanted and what is are read in one snapshot, what differs is
// repaired, and what is then becomes what the daemon knows.
extension Supervisor {
  /// How often a turn reads and repairs before the rest is left to the next one.
  private static let roundsOfATurn = 4

  /// One look at everything, and what follows from it.
  func turn() async {
    let waiting = turnWaiters
    turnWaiters = [:]
    let begun = time.monotonicMilliseconds()
    await lookAtProtection()
    do throws(LedgerError) {
      var round = 0
      while try await !look(round: round) { round += 1 }
      lastTurn = begun
      if turnFailure != nil {
        turnFailure = nil
        logger.info("the ledger is followed again", metadata: ["event": "ledger"])
      }
    } catch {
      turnFailed(error)
    }
    for waiter in waiting.values { waiter.resume() }
  }

  /// A fault of triggers, keys and checks keeps nobody from earning.
  func lookAtProtection() async {
    do throws(LedgerError) {
      for notice in try await store.repairProtection() { warn(notice) }
      protectionFailure = nil
    } catch {
      let failure = "the ledger is not protected from edits by hand as it should be: \(error)"
      if failure != protectionFailure, case .available = condition { logger.error("\(failure)") }
      protectionFailure = failure
    }
  }

  func turnFailed(_ error: LedgerError) {
    // At the end a look is broken off, which says nothing of the ledger.
    guard !Task.isCancelled else { return }
    let reason = error.reason
    // When the database is away, health says so.
    if turnFailure != reason, case .available = condition {
      logger.error("the ledger cannot be followed: \(reason)", metadata: ["event": "ledger"])
    }
    turnFailure = reason
    // A table that is missing is made again.
    if case .failed = error { isPrepared = false }
    notReady(reason)
  }

  private func warn(_ notice: String) {
    logger.warning("\(notice)", metadata: ["event": "ledger"])
  }

  /// Reads, repairs what differs, and takes over what is.
  /// - Returns: whether nothing is left to repair that can be.
  private func look(round: Int) async throws(LedgerError) -> Bool {
    let token = observations.begin()
    let snapshot = try await store.snapshot(of: table.users)
    guard phase != .stopping else { return true }
    if restoreMark != .some(snapshot.restoreMark) { ledgerChanged(to: snapshot.restoreMark) }
    let plan = reconciler.plan(table.accounts, snapshot, excluding: unfinishedReload?.users ?? [])
    // Nothing is served before the ledger was brought to what is wanted once.
    if case .preparing = phase, round == 0, !plan.isEmpty {
      _ = try await carryOut(plan)
      return false
    }
    take(snapshot, isNewest: observations.accept(token), serves: plan.serves)
    noteForeignTerms(plan.foreignTerms)
    guard !plan.isEmpty, round < Self.roundsOfATurn else {
      if plan.isEmpty { unrepaired = [:] }
      return true
    }
    return try await !carryOut(plan)
  }

  /// - Returns: whether something was done, so that another look is due.
  private func carryOut(_ plan: Reconciler.Plan) async throws(LedgerError) -> Bool {
    let served = table.users
    if plan.serves { try await store.serve(served) }
    let hasRepaired = try await repair(plan)
    return plan.serves || hasRepaired
  }

  /// - Returns: whether something was done, so that another look is due.
  private func repair(_ plan: Reconciler.Plan) async throws(LedgerError) -> Bool {
    guard !plan.repairs.isEmpty || !plan.closing.isEmpty else { return false }
    let outcome = try await store.repair(
      plan.repairs, closing: plan.closing, operation: Operation(requestedBy: "pointsd", reason: nil)
    )
    for notice in outcome.notices { warn(notice) }
    for user in plan.closing where outcome.failures[user] == nil {
      warn("the run of \(user) was closed: no daemon serves the user any more")
    }
    for (user, reason) in outcome.failures.sorted(by: { $0.key < $1.key })
    where unrepaired[user] != reason {
      warn("\(user) stays as it is in the ledger for now: \(reason)")
    }
    unrepaired = outcome.failures
    return outcome.failures.count < plan.repairs.count + plan.closing.count
  }

  /// Another ledger took the place of the one in use.
  private func ledgerChanged(to mark: String?) {
    let isFirst = restoreMark == nil
    restoreMark = .some(mark)
    reconciler.forget()
    guard !isFirst else { return }
    for server in table.all {
      server.override = server.override.map {
        ProfileOverride(running: $0.running, revision: .max)
      }
    }
    hub.emit(.restored)
    // Subscribers get everybody's row.
    lastKnown = LastKnownRows()
  }

  /// Takes a snapshot over as what is known: intents, values, listeners, ticks.
  private func take(_ snapshot: LedgerSnapshot, isNewest: Bool, serves: Bool) {
    let intents = Dictionary(
      snapshot.intents.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
    warnOfOverrides(of: intents)
    for server in table.all { server.follow(intents[server.definition.user]) }
    follow(snapshot.otherInstances)
    if isNewest {
      publish(snapshot.rows)
      digest = serves ? nil : snapshot.digest
    } else {
      digest = nil
    }
    if case .preparing = phase { phase = .serving }
    for server in table.all {
      noteCreditFailure(of: server)
      if !server.listenerFollows, !isExchangingDefinitions {
        handle(server.effective.running ? .startAsked : .stopAsked, server: server)
      }
      broadcast(server)
    }
    adjustTicks()
    updateLateness()
  }

  /// The profiles that were given at the start hold against what was asked before: said once.
  private func warnOfOverrides(of intents: [String: Intent]) {
    let overridden = table.all.compactMap { server -> String? in
      guard let override = server.override, override.revision == .max,
        let intent = intents[server.definition.user], intent.requestedBy != "pointsd",
        intent.earning != override.running
      else { return nil }
      let asked = intent.running ? intent.paused ? "paused" : "started" : "stopped"
      return "\(intent.user) (\(asked) by \(intent.requestedBy))"
    }
    guard !overridden.isEmpty else { return }
    let names = overridden.prefix(10).joined(separator: ", ") + (overridden.count > 10 ? " …" : "")
    logger.notice(
      "in this process --profile holds against what was asked of \(names)",
      metadata: ["event": "profile"])
  }

  /// Rows that differ from what was known go to watchers and events.
  func publish(_ rows: [PointsRow]) {
    let changed = lastKnown.differing(rows)
    for row in changed {
      if let old = lastKnown.row(of: row.user) {
        digest?.replace(old, by: row)
      } else {
        digest = nil
      }
    }
    lastKnown.remember(rows, nowMilliseconds: time.monotonicMilliseconds())
    guard !changed.isEmpty else { return }
    host.publish(changed)
    hub.emit(.points(changed))
  }
}
