import Logging
import Points

extension LaneCore {
  /// When to call `expire` next.
  var nextDeadline: Int64? {
    [
      silences.next, greetings.next, lingerings.next, drains.next, acceptRetries.next,
      idleChecks.next, readBatcher.nextDeadline,
    ].compactMap { $0 }.min()
  }

  /// Does everything that is due.
  mutating func expire(now: Int64) {
    logsConnections = logger.logLevel <= .debug
    while let ticket = silences.popDue(now: now) { silenceEnded(ticket, now: now) }
    while let ticket = greetings.popDue(now: now) {
      guard let slot = connections.slot(of: ticket) else { continue }
      greet(slot, now: now)
      flush(slot, now: now)
    }
    while let ticket = lingerings.popDue(now: now) {
      if let slot = connections.slot(of: ticket) { drop(slot) }
    }
    while let token = drains.popDue(now: now) { drainEnded(Token.listener(token)) }
    while acceptRetries.popDue(now: now) != nil { acceptAgain() }
    while idleChecks.popDue(now: now) != nil { checkIdle(now: now) }
    if let waiting = readBatcher.deadlineReached(now: now) {
      logger.warning(
        "the database does not answer; clients get the last known values",
        metadata: ["event": "group-read"])
      answer(waiting.tickets, upTo: waiting.group, as: .lastKnown, now: now)
    }
  }

  /// Bytes without a terminator become a request, if none came behind them since.
  private mutating func silenceEnded(_ ticket: UInt64, now: Int64) {
    guard let slot = connections.slot(of: ticket), connections[slot].parser.isLineIncomplete else {
      return
    }
    let silent = Int64(Self.milliseconds(now) &- connections[slot].lastByte)
    guard silent >= WireProtocol.silenceMilliseconds else { return }
    if connections[slot].isBacklogged || connections[slot].isPaused {
      // Back-pressure: it is not known yet whether the client is silent.
      return silences.append(ticket, now: now)
    }
    if let request = connections[slot].parser.silenceEnded() {
      take(request, ended: false, slot, now: now)
    }
    flush(slot, now: now)
  }

  /// Looks once a second for clients that have been silent for too long.
  private mutating func checkIdle(now: Int64) {
    let longest = Int64(limits.idleSeconds) * 1000
    for slot in connections.openSlots {
      let phase = connections[slot].phase
      guard phase == .open || phase == .peerClosed, !connections[slot].isWatching,
        connections[slot].pending.isEmpty,
        Int64(Self.milliseconds(now) &- connections[slot].lastByte) >= longest
      else { continue }
      beginClosing(slot)
      flush(slot, now: now)
    }
    idleChecks.append(0, now: now)
  }
}
