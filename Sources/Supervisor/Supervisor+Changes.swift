import Logging
import Points

extension Supervisor {
  public func apply(_ change: Change, to name: String, by operation: Operation) async throws
    -> ServerStatus
  {
    let index = try index(of: name)
    _ = try await commit(change, server: index, by: operation)
    await settled(index)
    return servers[index].status
  }

  public func adjust(_ change: Change, user name: String, by operation: Operation) async throws
    -> PointsRow
  {
    try await commit(change, server: try index(of: name), by: operation)
  }

  public func restart(_ name: String, by operation: Operation) async throws -> ServerStatus {
    let index = try index(of: name)
    guard servers[index].effective.running else {
      return try await apply(.start, to: name, by: operation)
    }
    guard phase != .stopping else { throw ControlError.unavailable("pointsd is stopping") }
    log("restart", server: index, by: operation)
    handle(.restartAsked, server: index)
    await settled(index)
    return servers[index].status
  }

  /// Writes a change to the ledger, then brings the server to what is wanted now.
  private func commit(_ change: Change, server index: Int, by operation: Operation) async throws
    -> PointsRow
  {
    switch phase {
    case .serving: break
    case .preparing(let reason): throw ControlError.unavailable("database unavailable: \(reason)")
    case .stopping: throw ControlError.unavailable("pointsd is stopping")
    }
    let definition = servers[index].definition
    let result: (row: PointsRow, intent: Intent)
    do {
      result = try await store.apply(
        change, to: definition.user, terms: definition.terms, effective: servers[index].override,
        operation: operation)
    } catch let error as LedgerError {
      throw ControlError(error)
    }
    log("\(change)", server: index, by: operation)
    rowsFound([result.row])
    adopt(result.intent, server: index, of: change)
    return result.row
  }

  /// Takes over what was asked last, and starts or stops the listener when that changed.
  private func adopt(_ intent: Intent, server index: Int, of change: Change) {
    keep(intent)
    switch change {
    case .reset, .adjust: return
    case .start, .stop, .pause, .resume: servers[index].override = nil
    }
    let before = servers[index].machine.state
    handle(servers[index].effective.running ? .startAsked : .stopAsked, server: index)
    if before == servers[index].machine.state { stateChanged(index) }
  }

  private func log(_ change: String, server index: Int, by operation: Operation) {
    let server = servers[index].definition
    let reason = operation.reason.map { ": \($0)" } ?? ""
    logger.notice(
      "\(change) \(server.user), asked by \(operation.who)\(reason)",
      metadata: ["user": "\(server.user)", "server": "\(server.server)", "event": "change"])
  }

  /// The server that goes by a name, its user's or its own, in any case.
  func index(of name: String) throws(ControlError) -> Int {
    guard let index = indexByName[FoldedName(name)] else {
      throw .notFound("User not found")
    }
    return index
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
