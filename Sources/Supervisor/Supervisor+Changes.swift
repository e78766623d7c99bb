import Logging
import Points

extension Supervisor {
  public func apply(_ change: Change, to name: String, by operation: Operation) async throws
    -> ServerStatus
  {
    let server = try server(named: name)
    _ = try await commit(change, server: server, by: operation)
    await settled(server)
    return server.status
  }

  public func adjust(_ change: Change, user name: String, by operation: Operation) async throws
    -> PointsRow
  {
    try await commit(change, server: try server(named: name), by: operation)
  }

  public func restart(_ name: String, by operation: Operation) async throws -> ServerStatus {
    let server = try server(named: name)
    guard server.effective.running else {
      return try await apply(.start, to: name, by: operation)
    }
    guard phase != .stopping else { throw ControlError.unavailable("pointsd is stopping") }
    try changeGate.enter()
    defer { changeGate.leave() }
    log("restart", server: server, by: operation)
    handle(.restartAsked, server: server)
    await settled(server)
    return server.status
  }

  /// Writes a change to the ledger, then brings the server to what is wanted now.
  private func commit(_ change: Change, server: Server, by operation: Operation) async throws
    -> PointsRow
  {
    try requireServing()
    try changeGate.enter()
    defer { changeGate.leave() }
    let definition = server.definition
    let result: (row: PointsRow, intent: Intent)
    do {
      result = try await store.apply(
        change, to: definition.user, terms: definition.terms, effective: server.override,
        operation: operation)
    } catch let error as LedgerError {
      throw ControlError(error)
    }
    log("\(change)", server: server, by: operation)
    rowsFound([result.row])
    adopt(result.intent, server: server, of: change)
    return result.row
  }

  /// Throws unless the ledger can be changed.
  func requireServing() throws(ControlError) {
    switch phase {
    case .serving: break
    case .preparing(let reason): throw .unavailable("database unavailable: \(reason)")
    case .stopping: throw .unavailable("pointsd is stopping")
    }
  }

  /// Takes over what was asked last, and starts or stops the listener when that changed.
  private func adopt(_ intent: Intent, server: Server, of change: Change) {
    keep(intent)
    switch change {
    case .reset, .adjust: return
    case .start, .stop, .pause, .resume: server.override = nil
    }
    let before = server.machine.state
    handle(server.effective.running ? .startAsked : .stopAsked, server: server)
    if before == server.machine.state { stateChanged(server) }
  }

  private func log(_ change: String, server: Server, by operation: Operation) {
    let definition = server.definition
    let reason = operation.reason.map { ": \($0)" } ?? ""
    logger.notice(
      "\(change) \(definition.user), asked by \(operation.who)\(reason)",
      metadata: [
        "user": "\(definition.user)", "server": "\(definition.server)", "event": "change",
      ])
  }

  /// The server that goes by a name, its user's or its own, in any case.
  func server(named name: String) throws(ControlError) -> Server {
    guard let server = serverByName[FoldedName(name)] else {
      throw .notFound("User not found")
    }
    return server
  }
}

extension ControlError {
  /// What the HTTP interface answers when the ledger could not do what was asked.
  init(_ error: LedgerError) {
    switch error {
    case .unavailable: self = .unavailable("\(error)")
    case .refused(let reason): self = .conflict(reason)
    case .unknownUser: self = .notFound("User not found")
    case .failed(let reason): self = .failed(reason)
    }
  }
}
