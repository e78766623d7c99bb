import Logging
import Points

extension Supervisor {
  public func plan() async throws -> ReloadPlan {
    let candidate = try await surroundings.readConfiguration()
    return plan(candidate, try await successions(to: candidate))
  }

  public func reload(by operation: Operation) async throws -> ReloadPlan {
    do {
      let plan = try await goAlone("a reload") { try await self.reloadAlone(operation) }
      configurationCondition = .current(since: now)
      told(operation)
      return plan
    } catch {
      let reason = "\(error)"
      configurationCondition = .rejected(since: now, reason: reason)
      told(operation)
      throw error
    }
  }

  public func configuration() async -> ConfigurationCondition { configurationCondition }

  private func told(_ operation: Operation) {
    metrics.configuration(configurationCondition)
    hub.emit(.configuration(configurationCondition))
    switch configurationCondition {
    case .current:
      logger.notice("reloaded, asked by \(operation.who)", metadata: ["event": "reload"])
    case .rejected(_, let reason):
      // A line for each fault, so that none is cut off or hidden in another.
      for line in reason.split(separator: "\n") {
        logger.error("\(line)", metadata: ["event": "reload"])
      }
      logger.error(
        "the reload asked by \(operation.who) was refused; everything goes on as before",
        metadata: ["event": "reload"])
    }
  }

  /// What becomes of each user, present or new: those of the file in its order, then the leaving.
  private func successions(to candidate: Candidate) async throws -> [Succession] {
    let present = Dictionary(uniqueKeysWithValues: servers.map { ($0.definition.user, $0) })
    let added = candidate.definitions.map(\.user).filter { present[$0] == nil }
    let kept = try await keptIntents(of: added)
    let staying = candidate.definitions.map { definition in
      let server = present[definition.user]
      // A command that came after the start holds against the profiles.
      let override =
        server != nil && server?.override == nil
        ? nil : Self.override(definition.user, candidate.selected)
      return Succession(
        server: server, definition: definition, override: override,
        intent: server == nil ? kept[definition.user] : server?.intent)
    }
    let users = Set(candidate.definitions.map(\.user))
    let leaving = servers.filter { !users.contains($0.definition.user) }.map {
      Succession(server: $0, definition: nil, override: nil, intent: $0.intent)
    }
    return staying + leaving
  }

  /// What was asked of users in an earlier life; while the database is away they are taken to run.
  private func keptIntents(of users: [String]) async throws -> [String: Intent] {
    guard !users.isEmpty, case .available = condition else { return [:] }
    do {
      let intents = try await store.intents(of: users)
      return Dictionary(intents.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
    } catch let error as LedgerError {
      throw ControlError(error)
    }
  }

  private func plan(_ candidate: Candidate, _ successions: [Succession]) -> ReloadPlan {
    ReloadPlan(
      users: successions.map(\.entry), settings: candidate.settings,
      needsRestart: candidate.needsRestart)
  }

  /// Everything that can fail comes before the ledger's transaction; after it nothing does.
  private func reloadAlone(_ operation: Operation) async throws -> ReloadPlan {
    let candidate = try await surroundings.readConfiguration()
    guard candidate.needsRestart.isEmpty else {
      throw ControlError.conflict(
        candidate.needsRestart.joined(separator: "\n")
          + "\nthis cannot change while pointsd runs: restart it, such as by systemctl restart"
          + " pointsd; nothing was changed")
    }
    try requireServing()
    let successions = try await successions(to: candidate)
    let plan = plan(candidate, successions)
    try await checkPorts(successions)
    let accounts = try await reloadAccounts(successions, operation)
    candidate.adopt()
    await takeOver(successions, candidate, accounts)
    log(plan)
    return plan
  }

  /// A port that somebody else has is a reason to change nothing; one of our own that becomes free
  /// by this reload is not.
  private func checkPorts(_ successions: [Succession]) async throws {
    let released = Set(
      successions.filter(\.closesListener).compactMap { $0.server?.definition.listener.place })
    for succession in successions where succession.opensListener {
      guard let definition = succession.definition,
        !released.contains(definition.listener.place)
      else { continue }
      do {
        try await host.check(definition.listener)
      } catch {
        throw ControlError.conflict("\(definition.user): \(error); nothing was changed")
      }
    }
  }

  private func reloadAccounts(
    _ successions: [Succession], _ operation: Operation
  ) async throws -> ChangeReceipt {
    let changed = successions.filter { $0.definition != nil && $0.changesAccount }
    let leaving = successions.filter { $0.definition == nil }
    guard !changed.isEmpty || !leaving.isEmpty else {
      return ChangeReceipt(operation: operation.id, users: [], rows: [], intents: [])
    }
    return try await commit(
      .reload(
        LedgerChange(
          .reload(
            changed: changed.compactMap(\.account),
            leaving: leaving.compactMap { $0.server?.definition.user }), operation: operation)),
      by: operation)
  }

  /// Closes what is to be closed, changes the definitions, then opens what is to be opened: a port
  /// may pass from one user to another.
  private func takeOver(
    _ successions: [Succession], _ candidate: Candidate, _ accounts: ChangeReceipt
  ) async {
    let closing = successions.filter(\.closesListener).compactMap(\.server)
    let opening = successions.filter(\.opensListener).compactMap(\.definition?.user)
    for server in closing { handle(.stopAsked, server: server) }
    for server in closing { await settled(server) }
    selected = candidate.selected
    servers = successions.compactMap(successor)
    serverByName = Self.byName(servers)
    for server in servers { serverByNumber[server.number] = server }
    for server in closing { forgetIfGone(server) }
    for intent in accounts.intents { keep(intent) }
    rowsFound(accounts.rows)
    adjustTickers()
    let opened = opening.compactMap { serverByName[FoldedName($0)] }
    for server in opened { handle(.startAsked, server: server) }
    for server in opened { await settled(server) }
    updateLateness()
    hub.emit(.servers(servers.map(\.status)))
  }

  /// The server that goes on, or begins; nil where the user leaves.
  private func successor(_ succession: Succession) -> Server? {
    guard let definition = succession.definition else { return nil }
    guard let server = succession.server else {
      defer { nextServer += 1 }
      return Server(
        number: nextServer, definition: definition, override: succession.override, since: now)
    }
    server.definition = definition
    server.override = succession.override
    return server
  }

  /// A server that left is kept until its listener is closed.
  func forgetIfGone(_ server: Server) {
    guard server.machine.state == .stopped, !server.actionUnderWay,
      serverByName[FoldedName(server.definition.user)] !== server
    else { return }
    serverByNumber[server.number] = nil
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
