import Logging
import Points

// The loop that follows the ledger. A turn looks at what is wanted and what is, acts on the
// difference, and looks again; it never acts on the memory of an event. It runs at the start, when
// the database or the lock comes back, after every change of our own whatever its outcome, when the
// digest differs, and in full every minute.
extension Supervisor {
  /// How often the ledger is read in full though nothing seems to have changed.
  static let fullTurnMilliseconds: Int64 = 60_000
  /// How often a turn reads and repairs before the rest is left to the next one.
  private static let roundsOfATurn = 4
  /// How long a daemon that finds another one at its start waits for it to end: a server notices
  /// that late that a daemon was cut off.
  private static let takenPatienceMilliseconds: Int64 = 15_000

  /// Follows the ledger until the task is cancelled. Throws when the database can never serve: a
  /// newer schema, an original table that cannot be adopted; at the start also a second daemon.
  func followLedger() async throws {
    let start = time.monotonicMilliseconds()
    wake.yield()
    for await _ in wakes {
      guard !Task.isCancelled else { return }
      let now = time.monotonicMilliseconds()
      let isSecond = aSecondHasPassed
      aSecondHasPassed = false
      if isSecond || !isPrepared { try await look(since: start) }
      guard phase != .stopping, isPrepared, case .available = condition else { continue }
      let isUncertain = turnFailure != nil || !unrepaired.isEmpty || reconciler.isUncertain
      let isDue = !turnWaiters.isEmpty || digest == nil || isSecond && isUncertain
      if isDue || lastTurn.map({ now - $0 >= Self.fullTurnMilliseconds }) ?? true {
        await turn()
      } else if isSecond {
        await compareDigest()
      }
    }
  }

  /// Wakes the loop every second.
  func wakeRegularly() async {
    while await slept(.seconds(1)) {
      aSecondHasPassed = true
      wake.yield()
    }
  }

  /// Looks at the database's health, and makes the database ready where that is outstanding.
  private func look(since start: Int64) async throws {
    let health = await store.health()
    switch health {
    case .available: observe(nil)
    case .away(let reason), .taken(let reason): observe(reason)
    }
    if case .taken(let reason) = health, lastTurn == nil,
      time.monotonicMilliseconds() - start > Self.takenPatienceMilliseconds
    {
      throw LedgerError.refused(reason)
    }
    guard !isPrepared, phase != .stopping else { return }
    do throws(LedgerError) {
      try await store.prepare()
      isPrepared = true
      if case .available = await store.health() { observe(nil) }
    } catch {
      switch error {
      case .unavailable, .locked, .unknown: notReady("\(error)")
      // What worked before may work again.
      case _ where lastTurn != nil: turnFailed(error)
      case .refused where time.monotonicMilliseconds() - start <= Self.takenPatienceMilliseconds:
        notReady("\(error)")
      case .refused, .unknownUser, .keyReused, .failed: throw error
      }
    }
  }

  private func notReady(_ reason: String) {
    guard case .preparing(let before) = phase else { return }
    if before != reason {
      logger.warning(
        "the database is not ready, trying again: \(reason)", metadata: ["event": "database"])
    }
    phase = .preparing(reason)
  }

  /// Broadcasts when the database goes away or comes back; afterwards the ledger may be another one.
  private func observe(_ fault: String?) {
    switch (fault, condition) {
    case (nil, .away):
      condition = .available(since: now)
      digest = nil
      logger.info("the database answers", metadata: ["event": "database"])
    case (let reason?, .available):
      condition = .away(since: now, reason: reason)
      // Tables may be gone, or others, when it comes back.
      isPrepared = false
      logger.error("the database is away: \(reason)", metadata: ["event": "database"])
    case (let reason?, .away(let since, let before)) where reason != before:
      condition = .away(since: since, reason: reason)
      return
    case (nil, .available), (_?, .away):
      return
    }
    hub.emit(.database(condition))
    metrics.database(condition)
  }

  /// Whether the ledger may be written to: the lock is ours and the database answers.
  var mayWrite: Bool {
    guard phase == .serving, case .available = condition else { return false }
    return true
  }

  /// Asks for a turn that begins from now on, and returns when it is over; after 10 s at most.
  func turned() async {
    guard phase != .stopping else { return }
    let waiter = nextWaiter
    nextWaiter += 1
    queue.yield(.expire(waiter: waiter))
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        turnWaiters[waiter] = continuation
        wake.yield()
      }
    } onCancel: {
      Task { await self.stopWaiting(waiter) }
    }
  }

  /// Whoever waited for a turn or a server goes on.
  func stopWaiting(_ waiter: Int) {
    waiters.removeValue(forKey: waiter)?.resume.resume()
    turnWaiters.removeValue(forKey: waiter)?.resume()
  }

  /// How often, in seconds, the triggers are looked at while nothing else differs: a dump that is
  /// loaded takes them away.
  private static let secondsPerLookAtTriggers = 5

  private func compareDigest() async {
    quietSeconds += 1
    if quietSeconds.isMultiple(of: Self.secondsPerLookAtTriggers) { await lookAtTriggers() }
    let present: LedgerDigest
    let token = observations.begin()
    do throws(LedgerError) {
      present = try await store.digest()
    } catch {
      turnFailed(error)
      return
    }
    guard observations.accept(token), present == digest else { return await turn() }
    lastKnown.confirm(nowMilliseconds: time.monotonicMilliseconds())
  }

  /// One look at everything, and what follows from it.
  private func turn() async {
    let waiting = turnWaiters
    turnWaiters = [:]
    let begun = time.monotonicMilliseconds()
    await lookAtTriggers()
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

  /// A fault of the triggers keeps nobody from earning.
  private func lookAtTriggers() async {
    do throws(LedgerError) {
      for notice in try await store.repairTriggers() { warn(notice) }
      triggerFailure = nil
    } catch {
      let failure = "edits by hand may go unrecorded, the triggers cannot be made: \(error)"
      if failure != triggerFailure, case .available = condition { logger.error("\(failure)") }
      triggerFailure = failure
    }
  }

  private func turnFailed(_ error: LedgerError) {
    let reason = "\(error)"
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
    let plan = reconciler.plan(table.accounts, snapshot)
    // Nothing is served before the ledger was brought to what is wanted once.
    if case .preparing = phase, round == 0, !plan.isEmpty {
      _ = try await carryOut(plan)
      return false
    }
    take(snapshot, isNewest: observations.accept(token), serves: plan.serves)
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
      plan.repairs, closing: plan.closing, operation: Operation(who: "pointsd", reason: nil))
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
  }

  /// Takes a snapshot over as what is known: intents, values, listeners, ticks.
  private func take(_ snapshot: LedgerSnapshot, isNewest: Bool, serves: Bool) {
    let intents = Dictionary(
      snapshot.intents.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
    for server in table.all { server.follow(intents[server.definition.user]) }
    otherInstances = snapshot.otherInstances
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

  /// Opens listeners although the ledger does not answer: clients then learn that the database is
  /// away, and a port that was asked to be closed is closed once the ledger says so.
  func openListenersWhenGraceEnds() async {
    guard await slept(Self.startupGrace), case .preparing(let reason) = phase else { return }
    logger.warning(
      "serving without the database until it answers: \(reason)", metadata: ["event": "database"])
    for server in table.all where server.effective.running {
      handle(.startAsked, server: server)
    }
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
