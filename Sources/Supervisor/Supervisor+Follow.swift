import Logging
import Points

// The loop that follows the ledger. A turn looks at what is wanted and what is, acts on the
// difference, and looks again; it never acts on the memory of an event. It runs at the start, when
// the database or the lock comes back, after every change of our own whatever its outcome, when the
// digest differs, and in full every minute.
extension Supervisor {
  /// How often the ledger is read in full though nothing seems to have changed.
  static let fullTurnMilliseconds: Int64 = 60_000
  /// How long a daemon that finds another one at its start waits for it to end: a server notices
  /// that late that a daemon was cut off.
  private static let takeoverGraceMilliseconds: Int64 = 15_000

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
    case .away(let reason): observe(reason)
    case .taken(let reason): observe(reason, as: "another daemon has the database now")
    }
    if case .taken(let reason) = health, lastTurn == nil,
      time.monotonicMilliseconds() - start > Self.takeoverGraceMilliseconds
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
      case .unavailable, .locked, .unknown: notReady(error.reason)
      // What worked before may work again.
      case _ where lastTurn != nil: turnFailed(error)
      case .refused where time.monotonicMilliseconds() - start <= Self.takeoverGraceMilliseconds:
        notReady(error.reason)
      case .refused, .unknownUser, .keyReused, .failed: throw error
      }
    }
  }

  func notReady(_ reason: String) {
    guard case .preparing(let before) = phase else { return }
    if before != reason {
      // Some seconds of it belong to every start.
      let isStarting =
        Duration.milliseconds(time.monotonicMilliseconds() - begun) < Self.startupGrace
      logger.log(
        level: isStarting ? .info : .warning, "the database is not ready, trying again: \(reason)",
        metadata: ["event": "database"])
    }
    phase = .preparing(reason)
  }

  /// Broadcasts when the database goes away or comes back; afterwards the ledger may be another one.
  private func observe(_ fault: String?, as what: String = "the database is away") {
    switch (fault, condition) {
    case (nil, .away):
      condition = .available(since: now)
      digest = nil
      logger.info("the database answers", metadata: ["event": "database"])
    case (let reason?, .available):
      condition = .away(since: now, reason: reason)
      // Tables may be gone, or others, when it comes back.
      isPrepared = false
      logger.error("\(what): \(reason)", metadata: ["event": "database"])
    case (let reason?, .away(let since, let before)) where reason != before:
      condition = .away(since: since, reason: reason)
      return
    case (nil, .available), (_?, .away):
      return
    }
    hub.emit(.database(condition))
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

  /// Resumes a client that waited for a turn or a server.
  func stopWaiting(_ waiter: Int) {
    waiters.removeValue(forKey: waiter)?.resume.resume()
    turnWaiters.removeValue(forKey: waiter)?.resume()
  }

  /// How often, in seconds, triggers, keys and checks are looked at while nothing else differs: a dump
  /// that is loaded takes them away.
  private static let secondsPerLookAtProtection = 5

  private func compareDigest() async {
    quietSeconds += 1
    if quietSeconds.isMultiple(of: Self.secondsPerLookAtProtection) { await lookAtProtection() }
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
