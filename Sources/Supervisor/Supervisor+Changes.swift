import Logging
import Points

// The way of a change: it waits until no other change of its users is under way, its machine says
// what to send, and the client gets the outcome, or after the budget the operation's id. A doubt
// is pursued until it ends, whether anybody waits or not.
extension Supervisor {
  /// Makes a change and returns what it came to.
  /// - Throws: `unknown` when the outcome is not known within the budget.
  func commit(
    _ request: PendingChange.Request, by operation: Operation
  ) async throws(ControlError) -> ChangeReceipt {
    try requireServing()
    let pending = PendingChange(
      ticket: nextTicket, request: request, operation: operation,
      begun: time.monotonicMilliseconds(), made: now)
    if let unknown = unknownChange(of: pending.users) { throw Self.blocked(by: unknown) }
    nextTicket += 1
    changes[pending.ticket] = pending
    queue.yield(.change(pending.ticket, .expire))
    if changeQueue.enter(pending.ticket, users: pending.users) { handle(.begin, pending) }
    return try await answer(of: pending)
  }

  /// The same change of the same client that is still on its way, or was done lately: it has its
  /// answer whatever the database does meanwhile.
  func earlierChange(
    like request: PendingChange.Request, by operation: Operation
  ) throws(ControlError) -> PendingChange? {
    guard let key = operation.key,
      let earlier = (Array(changes.values) + doneChanges).first(where: {
        $0.operation.isRepeated(by: operation)
      })
    else { return nil }
    guard earlier.request == request else { throw ControlError(LedgerError.keyReused(key)) }
    return earlier
  }

  /// Keeps a change with a key that was done: the latest 256, of 10,000 users together.
  private func remember(_ done: PendingChange) {
    guard done.operation.key != nil, case .change = done.request else { return }
    doneChanges.append(done)
    var users = doneChanges.reduce(0) { $0 + $1.users.count }
    while doneChanges.count > 256 || doneChanges.count > 1 && users > 10_000 {
      users -= doneChanges.removeFirst().users.count
    }
  }

  private func unknownChange(of users: [String]) -> PendingChange? {
    changeQueue.tickets(of: users).lazy.compactMap { self.changes[$0] }
      .first(where: \.machine.isUnknown)
  }

  private static func blocked(by unknown: PendingChange) -> ControlError {
    .unavailable(
      "operation \(unknown.operation.id) (\(unknown.kind)) of"
        + " \(unknown.users.prefix(5).joined(separator: ", ")) is not known yet; try again when it is"
    )
  }

  func answer(of pending: PendingChange) async throws(ControlError) -> ChangeReceipt {
    if let answer = pending.answer { return try answer.get() }
    return try await withCheckedContinuation { pending.waiters.append($0) }.get()
  }

  // MARK: Carrying out what a machine says

  /// What is done beside everything else for a change.
  enum ChangeStep: Sendable {
    case send(partial: Bool)
    case void
    case pause(milliseconds: Int64)
    case expire
  }

  func handle(_ event: ChangeMachine.Event, _ pending: PendingChange) {
    let elapsed = time.monotonicMilliseconds() - pending.begun
    for action in pending.machine.handle(event, elapsed: elapsed) {
      switch action {
      case .send(let partial): queue.yield(.change(pending.ticket, .send(partial: partial)))
      case .sendVoid: queue.yield(.change(pending.ticket, .void))
      case .pause(let pause):
        queue.yield(.change(pending.ticket, .pause(milliseconds: pause)))
      case .answer(let answer): give(answer, pending)
      case .finish(let done): finish(pending, done: done)
      }
    }
  }

  func carryOut(_ step: ChangeStep, of ticket: Int) async {
    guard let pending = changes[ticket] else { return }
    switch step {
    case .send(let partial): await send(pending, partial: partial)
    case .void: await sendVoid(pending)
    case .pause(let pause):
      if await slept(.milliseconds(pause)) { handle(.pauseEnded, pending) }
    case .expire:
      if await slept(.milliseconds(ChangeMachine.budget)) { handle(.deadlinePassed, pending) }
    }
  }

  private func send(_ pending: PendingChange, partial: Bool) async {
    let attempt: ChangeMachine.Attempt
    do throws(LedgerError) {
      pending.receipt = try await store.attempt(ledgerChange(pending), partial: partial)
      attempt = .done
    } catch {
      pending.failure = error
      attempt = ChangeMachine.Attempt(error)
    }
    handle(.attempted(attempt), pending)
  }

  private func sendVoid(_ pending: PendingChange) async {
    let voiding: ChangeMachine.Voiding
    do throws(LedgerError) {
      pending.receipt = try await store.void(ledgerChange(pending))
      voiding = pending.receipt == nil ? .voided : .done
    } catch {
      voiding = .failed
    }
    handle(.voided(voiding), pending)
  }

  /// Made at the moment it is sent: terms and profiles may have changed since it was asked for.
  func ledgerChange(_ pending: PendingChange) -> LedgerChange {
    switch pending.request {
    case .reload(let change): return change
    case .forget(let instance):
      return LedgerChange(.forget(instance: instance), operation: pending.operation)
    case .change(let change, let users):
      let accounts = users.compactMap { table.named($0)?.account }
      return LedgerChange(.change(change, accounts), operation: pending.operation)
    }
  }

  private func give(_ answer: ChangeMachine.Answer, _ pending: PendingChange) {
    let result: Result<ChangeReceipt, ControlError>
    switch answer {
    case .done:
      result = pending.receipt.map(Result.success) ?? .failure(pending.reason)
    case .notDone: result = .failure(pending.reason)
    case .unknown:
      let reason = pending.failure.map { ": \($0)" } ?? ""
      let message = "whether operation \(pending.operation.id) was carried out is not known yet"
      result = .failure(.unknown(operation: pending.operation.id, message + reason))
      logger.error(
        "\(pending.kind) \(pending.users.prefix(5).joined(separator: ", ")): \(message)\(reason)",
        metadata: ["event": "change"])
      refuseThoseBehind(pending)
    }
    pending.answer = result
    for waiter in pending.waiters { waiter.resume(returning: result) }
    pending.waiters = []
  }

  /// Those who wait for the same users would wait for a doubt that may take long.
  private func refuseThoseBehind(_ unknown: PendingChange) {
    for ticket in changeQueue.tickets(of: unknown.users) where ticket != unknown.ticket {
      guard let pending = changes[ticket], pending.machine == ChangeMachine() else { continue }
      pending.failure = .unavailable("\(Self.blocked(by: unknown))")
      handle(.deadlinePassed, pending)
    }
  }

  private func finish(_ pending: PendingChange, done: Bool) {
    changes[pending.ticket] = nil
    if case .reload = pending.request, case .failure(.unknown) = pending.answer {
      queue.yield(.finishReload(done: done))
    }
    if done, let receipt = pending.receipt {
      log(pending, receipt)
      // A client that was answered 504, and asks again, is answered what it came to.
      pending.answer = .success(receipt)
      remember(pending)
    } else if case .failure(.unknown) = pending.answer {
      logger.notice(
        "operation \(pending.operation.id) was not carried out and never will be",
        metadata: ["event": "change"])
    }
    // Whatever became of it: the ledger has it.
    digest = nil
    wake.yield()
    for ticket in changeQueue.leave(pending.ticket) {
      if let next = changes[ticket] { handle(.begin, next) }
    }
  }

  private func log(_ pending: PendingChange, _ receipt: ChangeReceipt) {
    let reason = pending.operation.reason.map { ": \($0)" } ?? ""
    for outcome in receipt.users where outcome.result == .done {
      logger.notice(
        "\(pending.words) \(outcome.user), asked by \(pending.operation.requestedBy)\(reason)",
        metadata: [
          "user": "\(outcome.user)",
          "server": "\(table.named(outcome.user)?.definition.server ?? "")",
          "event": "change",
        ])
    }
    for notice in receipt.notices { logger.warning("\(notice)", metadata: ["event": "ledger"]) }
  }

  /// Throws unless the ledger can be changed.
  func requireServing() throws(ControlError) {
    switch phase {
    case .serving: break
    case .preparing(let reason): throw .unavailable("database unavailable: \(reason)")
    case .stopping: throw .unavailable("pointsd is stopping")
    }
    try requireAnswer()
  }

  /// Throws while the database is known to be away: what has no last known value does not wait for it.
  func requireAnswer() throws(ControlError) {
    guard case .away(_, let reason) = condition else { return }
    throw .unavailable("database unavailable: \(reason)")
  }

  /// The server that goes by a name, its user's or its own, in any case.
  func server(named name: String) throws(ControlError) -> Server {
    guard let server = table.named(name) else {
      throw .notFound("User not found")
    }
    return server
  }
}
