import Logging
import Points

extension Supervisor {
  public func plan() async throws -> ReloadPlan {
    let proposed = try await configurationFile.read()
    return plan(proposed, try await steps(to: proposed))
  }

  public func reload(by operation: Operation) async throws -> ReloadPlan {
    if let doneReload, doneReload.operation.isRepeated(by: operation) { return doneReload.plan }
    if let earlier = unfinishedReload?.operation, earlier.isRepeated(by: operation) {
      throw ControlError.unknown(
        operation: earlier.id, "whether the reload was carried out is not known yet")
    }
    do {
      try await beginExclusive(for: "a reload")
    } catch {
      // It says nothing of the file, which the one under way may be reading just now.
      logger.warning(
        "the reload asked by \(operation.requestedBy) was refused: \(error)",
        metadata: ["event": "reload"])
      throw error
    }
    do {
      let reload = try await prepareReload(operation)
      unfinishedReload = reload
      try await commitReload(reload)
      await takeOver(reload)
      doneReload = reload
      endReload(operation, refusal: nil)
      return reload.plan
    } catch ControlError.unknown(let identifier, let message) {
      // Nothing else may change until the outcome is known: it is carried out as a whole, or not.
      if unfinishedReload != nil {
        changeLock.rename("a reload whose outcome is not known yet (operation \(identifier))")
      }
      throw ControlError.unknown(operation: identifier, message)
    } catch {
      endReload(operation, refusal: error)
      throw error
    }
  }

  /// The outcome of a reload became known after the answer was given.
  func finishReload(done: Bool) async {
    guard let reload = unfinishedReload else { return }
    if done {
      await takeOver(reload)
      doneReload = reload
    }
    endReload(
      reload.operation,
      refusal: done
        ? nil : ControlError.unavailable("the database went away; nothing was changed"))
  }

  private func endReload(_ operation: Operation, refusal: (any Error)?) {
    unfinishedReload = nil
    changeLock.endExclusive()
    concludeReload(operation, refusal: refusal)
  }

  public func configuration() async -> ConfigurationCondition { configurationCondition }

  /// Shows whether the file and the daemon are one.
  private func concludeReload(_ operation: Operation, refusal: (any Error)?) {
    configurationCondition =
      refusal.map { .rejected(since: now, reason: "\($0)") } ?? .current(since: now)
    metrics.configuration(configurationCondition)
    hub.emit(.configuration(configurationCondition))
    switch configurationCondition {
    case .current:
      logger.notice("reloaded, asked by \(operation.requestedBy)", metadata: ["event": "reload"])
    case .rejected(_, let reason):
      // A line for each fault, so that none is cut off or hidden in another.
      for line in reason.split(separator: "\n") {
        logger.error("\(line)", metadata: ["event": "reload"])
      }
      logger.error(
        "the reload asked by \(operation.requestedBy) was refused; everything goes on as before",
        metadata: ["event": "reload"])
    }
  }

  /// What becomes of each user, present or new: those of the file in its order, then the leaving.
  private func steps(to proposed: ProposedConfiguration) async throws -> [ReloadStep] {
    let added = proposed.definitions.map(\.user).filter { table.named($0)?.definition.user != $0 }
    let kept = try await keptIntents(of: added)
    let present = Dictionary(uniqueKeysWithValues: table.all.map { ($0.definition.user, $0) })
    let holders = Dictionary(
      table.all.map { ($0.definition.listener.place, $0.definition.user) },
      uniquingKeysWith: { first, _ in first })
    let staying = proposed.definitions.map { definition in
      let server = present[definition.user]
      let holder = holders[definition.listener.place]
      return ReloadStep(
        server: server, definition: definition,
        override: override(of: server, Self.override(definition.user, proposed.selected)),
        intent: server == nil ? kept[definition.user] : server?.intent,
        formerUserOfPort: holder == definition.user ? nil : holder)
    }
    let users = Set(proposed.definitions.map(\.user))
    let leaving = table.all.filter { !users.contains($0.definition.user) }.map {
      ReloadStep(server: $0, definition: nil, override: nil, intent: $0.intent)
    }
    return staying + leaving
  }

  /// What was asked after the start holds against the profiles.
  private func override(of server: Server?, _ proposed: ProfileOverride?) -> ProfileOverride? {
    guard let server else { return proposed }
    return server.override?.running == proposed?.running || server.override == nil
      ? server.override : proposed
  }

  /// What was asked of users in an earlier life; while the database is away they are taken to run.
  private func keptIntents(of users: [String]) async throws(ControlError) -> [String: Intent] {
    guard !users.isEmpty, case .available = condition else { return [:] }
    let intents = try await answered { [store] in try await store.snapshot(of: users).intents }
    return Dictionary(intents.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func plan(_ proposed: ProposedConfiguration, _ steps: [ReloadStep]) -> ReloadPlan {
    ReloadPlan(
      users: steps.map(\.entry), settings: proposed.settings, needsRestart: proposed.needsRestart)
  }

  /// Everything that can fail comes before the ledger's transaction; after it nothing does.
  private func prepareReload(_ operation: Operation) async throws -> ReloadTransaction {
    let proposed = try await configurationFile.read()
    guard proposed.needsRestart.isEmpty else {
      throw ControlError.conflict(
        proposed.needsRestart.joined(separator: "\n")
          + "\nthis cannot change while pointsd runs: restart it, such as by systemctl restart"
          + " pointsd; nothing was changed")
    }
    try requireServing()
    let steps = try await steps(to: proposed)
    try await checkPorts(steps)
    return ReloadTransaction(
      proposed: proposed, steps: steps, plan: plan(proposed, steps), operation: operation)
  }

  /// A port that another program has is a reason to change nothing; one of our own that becomes free
  /// by this reload is not.
  private func checkPorts(_ steps: [ReloadStep]) async throws {
    let released = Set(
      steps.filter(\.closesListener).compactMap { $0.server?.definition.listener.place })
    for step in steps where step.opensListener {
      guard let definition = step.definition,
        !released.contains(definition.listener.place)
      else { continue }
      do {
        try await host.check(definition.listener)
      } catch {
        throw ControlError.conflict("\(definition.user): \(error); nothing was changed")
      }
    }
  }

  private func commitReload(_ reload: ReloadTransaction) async throws(ControlError) {
    let changed = reload.steps.filter { $0.definition != nil && $0.changesAccount }
    let leaving = reload.steps.filter { $0.definition == nil }
    guard !changed.isEmpty || !leaving.isEmpty else { return }
    let work = LedgerChange.Work.reload(
      changed: changed.compactMap(\.account),
      leaving: leaving.compactMap { $0.server?.definition.user }
        .filter { !servedElsewhere.contains($0) })
    _ = try await commit(
      .reload(LedgerChange(work, operation: reload.operation)), by: reload.operation)
  }

  /// Closes what is no longer listened to, exchanges the definitions, then lets a turn open what is
  /// new: a port may pass from one user to another.
  private func takeOver(_ reload: ReloadTransaction) async {
    // Until the definitions are exchanged the loop leaves the listeners alone.
    isExchangingDefinitions = true
    let closing = reload.steps.filter(\.closesListener).compactMap(\.server)
    for server in closing { handle(.stopAsked, server: server) }
    for server in closing { await settled(server) }
    reload.proposed.adopt()
    selected = reload.proposed.selected
    let added = Set(reload.steps.filter { $0.server == nil }.compactMap { $0.definition?.user })
    table.replace(by: reload.steps.compactMap(successor))
    isExchangingDefinitions = false
    unfinishedReload = nil
    for server in closing { table.removeIfGone(server) }
    adjustTicks()
    await turned()
    for server in table.all where added.contains(server.definition.user) || !server.settled {
      await settled(server)
    }
    log(reload.plan)
    hub.emit(.servers(table.all.map(\.status)))
  }

  /// The server that goes on, or begins; nil where the user leaves.
  private func successor(_ step: ReloadStep) -> Server? {
    guard let definition = step.definition else { return nil }
    let server = step.server ?? table.make(definition, since: now)
    server.definition = definition
    server.override = step.override
    return server
  }

  private func log(_ plan: ReloadPlan) {
    for entry in plan.users where entry.action != .nothing {
      logger.notice(
        "\(entry.action.rawValue) \(entry.user): \(entry.details.joined(separator: "; "))",
        metadata: [
          "user": "\(entry.user)", "server": "\(entry.server)", "event": "reload",
        ])
    }
    for setting in plan.settings { logger.notice("\(setting)", metadata: ["event": "reload"]) }
  }
}

/// A reload on its way: what can fail was tried, the ledger comes next, then memory.
struct ReloadTransaction {
  let proposed: ProposedConfiguration
  let steps: [ReloadStep]
  let plan: ReloadPlan
  let operation: Operation

  /// Whose accounts it changes.
  var users: Set<String> {
    Set(steps.filter(\.changesAccount).map(\.entry.user))
  }
}
