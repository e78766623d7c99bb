import Logging
import Points

extension Supervisor {
  public func apply(_ change: Change, to name: String, by operation: Operation) async throws
    -> ServerStatus
  {
    let before = try server(named: name)
    let user = before.definition.user
    let receipt = try await self.change(change, of: [user], by: operation)
    await turned()
    // The change was made, also where a reload has removed the user meanwhile.
    guard let server = table.named(user) else { return before.status }
    await reach(change, server)
    return status(of: server, after: receipt)
  }

  public func apply(_ change: Change, toAll users: [String], by operation: Operation) async throws
    -> GroupOutcome
  {
    let users = try users.map { try server(named: $0).definition.user }
    let receipt = try await self.change(change, of: users, by: operation)
    let changed = receipt.users.filter { $0.result == .done }
      .compactMap { table.named($0.user) }
    await turned()
    for server in changed { await reach(change, server) }
    return GroupOutcome(
      servers: changed.map { status(of: $0, after: receipt) }, users: receipt.users)
  }

  /// What the ledger was asked is wanted, also where the loop cannot follow it now.
  private func status(of server: Server, after receipt: ChangeReceipt) -> ServerStatus {
    var status = server.status
    let intent = receipt.intents.first { $0.user == server.definition.user }
    if let intent, intent.revision > server.intent?.revision ?? 0 {
      status.wanted = EffectiveIntent(running: intent.running, paused: intent.paused).wanted
    }
    return status
  }

  /// Returns when a server has come to rest after a change; one that failed is tried again at once.
  private func reach(_ change: Change, _ server: Server) async {
    // A change that is repeated under its key may be long past.
    if change == .start, server.effective.running { handle(.startAsked, server: server) }
    await settled(server)
  }

  public func adjust(_ change: Change, user name: String, by operation: Operation) async throws
    -> PointsRow
  {
    let user = try server(named: name).definition.user
    let receipt = try await self.change(change, of: [user], by: operation)
    guard let row = receipt.rows.first else {
      throw ControlError.unknown(
        operation: receipt.operation, "the change was made, but the row of \(user) is missing")
    }
    return row
  }

  private func change(
    _ change: Change, of users: [String], by operation: Operation
  ) async throws(ControlError) -> ChangeReceipt {
    let request = PendingChange.Request.change(change, users)
    // First of all: what is done already is not refused because nothing can be done now.
    if let earlier = try earlierChange(like: request, by: operation) {
      return try await answer(of: earlier)
    }
    try changeLock.beginShared()
    defer { changeLock.endShared() }
    return try await commit(request, by: operation)
  }

  public func restart(_ name: String, by operation: Operation) async throws -> ServerStatus {
    let server = try server(named: name)
    guard server.effective.running else {
      return try await apply(.start, to: name, by: operation)
    }
    guard phase != .stopping else { throw ControlError.unavailable("pointsd is stopping") }
    try changeLock.beginShared()
    defer { changeLock.endShared() }
    let reason = operation.reason.map { ": \($0)" } ?? ""
    logger.notice(
      "restart \(server.definition.user), asked by \(operation.requestedBy)\(reason)",
      metadata: [
        "user": "\(server.definition.user)", "server": "\(server.definition.server)",
        "event": "change",
      ])
    handle(.restartAsked, server: server)
    await settled(server)
    return server.status
  }

  public func operations(_ selection: OperationSelection) async throws -> [OperationRecord] {
    let unknown =
      (unknownRestore.map { [$0] } ?? [])
      + changes.values.filter(\.machine.isUnknown).sorted { $0.ticket > $1.ticket }.map(\.record)
    let matching =
      switch selection {
      case .latest: unknown
      case .identifier(let identifier): unknown.filter { $0.operation.id == identifier }
      case .key(let key, let account):
        unknown.filter { $0.operation.key == key && $0.operation.requestedBy == account }
      }
    switch selection {
    case .latest(let count):
      let known = try await answered { [store] in try await store.operations(selection) }
      return Array((matching + known).prefix(count))
    case .identifier, .key:
      guard matching.isEmpty else { return matching }
      return try await answered(within: Self.lookDeadline) { [store] in
        try await store.operations(selection)
      }
    }
  }

  public func audit(_ selection: AuditSelection) async throws -> [AuditEntry] {
    try await answered { [store] in try await store.audit(selection) }
  }
}
