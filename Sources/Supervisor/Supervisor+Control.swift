import Points

extension Supervisor: Control {
  public func users() async throws -> Reading<[PointsRow]> {
    let reading = try await read(users)
    return Reading(reading.value.sorted { $0.user < $1.user }, staleSeconds: reading.staleSeconds)
  }

  public func user(_ name: String) async throws -> Reading<PointsRow> {
    let user = try server(named: name).definition.user
    let reading = try await read([user])
    guard let row = reading.value.first else {
      throw ControlError.unavailable("the row of \(user) is missing and will be re-created")
    }
    return Reading(row, staleSeconds: reading.staleSeconds)
  }

  /// Rows from the database, or the last known ones with their age while it is away.
  private func read(_ users: [String]) async throws -> Reading<[PointsRow]> {
    let reason: String
    if case .away(_, let away) = condition {
      reason = away
    } else {
      do {
        let rows = try await store.rows(of: users)
        lastKnown.remember(rows, nowMilliseconds: time.monotonicMilliseconds())
        return Reading(rows)
      } catch let error as LedgerError {
        switch error {
        // An import locks the whole table.
        case .unavailable(let away), .locked(let away): reason = away
        default: throw ControlError(error)
        }
      }
    }
    let known = lastKnown.recall(users, nowMilliseconds: time.monotonicMilliseconds())
    guard let known else { throw ControlError.unavailable("Database unavailable: \(reason)") }
    return known
  }

  public func history(of name: String, range: HistoryRange) async throws -> [HistoryPoint] {
    let user = try server(named: name).definition.user
    do {
      return try await store.history(of: user, range: range)
    } catch let error as LedgerError {
      throw ControlError(error)
    }
  }

  public func servers() async -> [ServerStatus] { servers.map(\.status) }

  public func server(_ name: String) async throws -> ServerStatus {
    try server(named: name).status
  }

  public func members(ofProfile name: String) async throws -> [String] {
    let folded = FoldedName(name)
    if folded == FoldedName("all") { return users }
    if let server = serverByName[folded] { return [server.definition.user] }
    let members = servers.map(\.definition).filter { definition in
      definition.groups.contains { FoldedName($0) == folded }
    }
    guard !members.isEmpty else {
      throw ControlError.notFound("no user, server or group is named \(name)")
    }
    return members.map(\.user)
  }

  public func verify() async throws -> Verification {
    guard phase == .serving else {
      throw ControlError.unavailable("the ledger is not ready: the database is away")
    }
    do {
      let verification = try await store.verify(users: users, earning: earning)
      metrics.verified(verification)
      return verification
    } catch let error as LedgerError {
      throw ControlError(error)
    }
  }

  public func readinessFailure() async -> ReadinessFailure? {
    var failures: [ReadinessFailure] = []
    func add(_ summary: String, _ detail: String? = nil) {
      failures.append(
        ReadinessFailure(detail: summary + (detail.map { ": \($0)" } ?? ""), summary: summary))
    }
    switch phase {
    case .preparing(let reason): add("the ledger is not ready", reason)
    case .stopping: add("pointsd is stopping")
    case .serving:
      if case .away(let since, let reason) = condition {
        add("the database is away since \(since)", reason)
      } else if let reason = await faultOfQueryPool() {
        add("the database does not answer", reason)
      }
    }
    let starting = servers.filter { $0.effective.running && $0.status.status == .starting }
    if !starting.isEmpty {
      let names = starting.prefix(5).map(\.definition.server).joined(separator: ", ")
      add("\(starting.count) server(s) starting: \(names)")
    }
    guard !failures.isEmpty else { return nil }
    return ReadinessFailure(
      detail: failures.map(\.detail).joined(separator: "; "),
      summary: failures.map(\.summary).joined(separator: "; "))
  }

  private func faultOfQueryPool() async -> String? {
    do {
      _ = try await store.rows(of: Array(users.prefix(1)))
      return nil
    } catch {
      return "\(error)"
    }
  }

  public func database() async -> DatabaseCondition { condition }

  public func late() async -> [String] { lateUsers }

  public func events() async -> AsyncStream<PointsEvent> { hub.subscribe() }
}
