import Points

extension Supervisor: Control {
  public func users() async throws -> Reading<[PointsRow]> { try await read(table.users) }

  public func user(_ name: String) async throws -> Reading<PointsRow> {
    let user = try server(named: name).definition.user
    let reading = try await read([user])
    guard let row = reading.value.first else {
      throw ControlError.unavailable("the row of \(user) is missing and will be re-created")
    }
    return Reading(row, staleSeconds: reading.staleSeconds)
  }

  /// Rows from the database, or the last known ones with their age while it does not answer.
  private func read(_ users: [String]) async throws -> Reading<[PointsRow]> {
    if let rows = await rowReader.rows(of: users) {
      // A ledger in the making has no rows yet, which is not that there are no users.
      if rows.rows.isEmpty, !users.isEmpty, case .preparing(let reason) = phase {
        throw ControlError.unavailable("database unavailable: \(reason)")
      }
      return Reading(rows.rows, version: rows.version)
    }
    let known = lastKnown.recall(users, nowMilliseconds: time.monotonicMilliseconds())
    guard let known else {
      let reason = if case .away(_, let away) = condition { away } else { "it does not answer" }
      throw ControlError.unavailable("Database unavailable: \(reason)")
    }
    return known
  }

  public func history(of name: String, range: HistoryRange) async throws -> [HistoryPoint] {
    let user = try server(named: name).definition.user
    // A long one has a deadline of the ledger's.
    let deadline = range.isLong ? nil : Self.readDeadline
    return try await answered(within: deadline) { [store] in
      try await store.history(of: user, range: range)
    }
  }

  public func servers() async -> [ServerStatus] { table.all.map(\.status) }

  public func server(_ name: String) async throws -> ServerStatus {
    try server(named: name).status
  }

  public func members(ofProfile name: String) async throws -> [String] {
    let folded = FoldedName(name)
    if folded == FoldedName("all") { return table.users }
    if let server = table.named(name) { return [server.definition.user] }
    let members = table.all.map(\.definition).filter { definition in
      definition.groups.contains { FoldedName($0) == folded }
    }
    guard !members.isEmpty else {
      let known =
        table.all.map(\.definition).flatMap { [$0.user, $0.server] + $0.groups } + ["all"]
      let near = nearestNames(to: name, among: Set(known).sorted())
      let advice = near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"
      throw ControlError.notFound("no user, server or group is named \(name)\(advice)")
    }
    return members.map(\.user)
  }

  public func connections(of users: [String]?) async -> [ConnectedClient] {
    var clients: [ConnectedClient] = []
    for server in table.all where users?.contains(server.definition.user) ?? true {
      let definition = server.definition
      let present = await server.listener?.clients() ?? []
      let wall = now.secondsSinceEpoch
      clients += present.sorted { $0.ageSeconds > $1.ageSeconds }.map { client in
        ConnectedClient(
          user: definition.user, server: definition.server, peer: client.peer,
          since: DateTimeStamp(secondsSinceEpoch: wall - client.ageSeconds),
          requests: client.requests, lastRequest: client.lastRequest,
          lastRequestAt: client.lastRequestAgeSeconds.map {
            DateTimeStamp(secondsSinceEpoch: wall - $0)
          })
      }
    }
    return clients
  }

  public func verify() async throws -> Verification {
    try requireServing()
    var verification = try await answered(within: nil) { [store, accounts = sharedAccounts] in
      try await store.verify(accounts)
    }
    verification.notices += [protectionFailure].compactMap(\.self)
    verification.notices += table.all.compactMap { server in
      server.foreignTermsNotice.map { "\(server.definition.user) \($0)" }
    }
    metrics.verified(verification)
    return verification
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
      } else if let turnFailure {
        add("the ledger cannot be followed", turnFailure)
      } else if lastTurn == nil {
        add("the ledger is being read")
      }
      if let failure = ticks.failure { add("ticks fail", failure) }
    }
    let starting = table.all.filter { $0.effective.running && $0.status.status == .starting }
    if !starting.isEmpty {
      let names = starting.prefix(5).map(\.definition.server).joined(separator: ", ")
      add("\(starting.count) server(s) starting: \(names)")
    }
    guard !failures.isEmpty else { return nil }
    return ReadinessFailure(
      detail: failures.map(\.detail).joined(separator: "; "),
      summary: failures.map(\.summary).joined(separator: "; "))
  }

  public func database() async -> DatabaseCondition { condition }

  public func late() async -> [String] { lateUsers }

  public func events() async -> AsyncStream<PointsEvent> { hub.subscribe() }

  public func broadcastSnapshot() async {
    let known = lastKnown.recall(table.users, nowMilliseconds: time.monotonicMilliseconds())
    let isFresh = if case .available = condition { true } else { false }
    hub.emit(
      .snapshot(
        StateSnapshot(
          rows: (known?.value ?? []).sorted { $0.user < $1.user },
          staleSeconds: isFresh ? nil : known?.staleSeconds, servers: table.all.map(\.status),
          database: condition, configuration: configurationCondition, late: lateUsers)))
  }
}
