import LedgerModel
import Points

// What the loop asks, and ticks.
extension ModelStore: LedgerStore {
  func prepare() async throws(LedgerError) {
    if case .taken(let reason) = await health() { throw .refused(reason) }
    try await perform(Request(what: "prepare", writes: false)) {
      (now, _) throws(LedgerError) in
      guard self.mutation == .startClosesRuns else { return }
      _ = try self.server.commit(.close(daemon: self.daemon), now: now) {
        (ledger) throws(LedgerError) in
        for index in ledger.runs.indices where ledger.runs[index].isOpen {
          ledger.runs[index].closing = "the daemon was killed"
        }
      }
    }
  }

  /// Takes the lock against a second daemon where it is free; waits up to 5 s for it.
  func health() async -> LedgerHealth {
    await world.pause(world.random.within(0...6))
    for _ in 0..<5 {
      if isDead || server.isAway || server.isFrozen {
        await world.pause(world.random.within(1...1500))
        return .away("no answer")
      }
      if server.lockHolder?.store == ObjectIdentifier(self) { return .available }
      // A session of our own that the server still has is ended.
      if server.lockHolder == nil || server.lockHolder?.instance == instance {
        server.lockHolder = (ObjectIdentifier(self), instance)
        return .available
      }
      await world.pause(1000)
    }
    return .taken("another daemon works on this database")
  }

  func digest() async throws(LedgerError) -> LedgerDigest {
    try await perform(Request(what: "digest", writes: false)) { (_, _) throws(LedgerError) in
      if self.mutation == .digestIsBlind, let latest = self.latestDigest { return latest }
      return self.server.ledger.digest(instance: self.instance)
    }
  }

  func snapshot(of users: [String]) async throws(LedgerError) -> LedgerSnapshot {
    var snapshot = try await perform(Request(what: "snapshot", writes: false)) {
      (_, _) throws(LedgerError) in
      let judge = self.server.judge
      if !self.isDead, judge.firstReadings[self.daemon] == nil {
        judge.firstReadings[self.daemon] = self.world.now
      }
      return self.server.ledger.snapshot(of: users, instance: self.instance)
    }
    latestDigest = snapshot.digest
    if mutation == .othersUnseen { snapshot.otherInstances = [] }
    if mutation == .staleRows, let earlier = earlierSnapshot, world.random.percent(30) {
      let rows = earlier.rows.filter { users.contains($0.user) }
      if rows.count == snapshot.rows.count { snapshot.rows = rows }
    }
    earlierSnapshot = snapshot
    return snapshot
  }

  func repairProtection() async throws(LedgerError) -> [String] {
    try await perform(Request(what: "triggers", writes: false)) { (now, _) throws(LedgerError) in
      guard !self.server.ledger.hasTriggers, self.mutation != .triggersStayMissing else {
        return []
      }
      return try self.server.commit(.serve, now: now) { (ledger) throws(LedgerError) in
        ledger.hasTriggers = true
        return ["triggers made"]
      }
    }
  }

  func serve(_ users: [String]) async throws(LedgerError) {
    try await perform(Request(what: "serve")) { (now, _) throws(LedgerError) in
      try self.server.commit(.serve, now: now) { (ledger) throws(LedgerError) in
        ledger.serve(users, instance: self.instance, now: now)
      }
    }
  }

  func tick(intervalMilliseconds interval: Int64) async throws(LedgerError) -> TickOutcome {
    let credit = try await perform(Request(what: "tick")) { (now, locked) throws(LedgerError) in
      try self.server.commit(.tick, now: now) { (ledger) throws(LedgerError) in
        self.credit(interval, locked: locked, now: now, on: &ledger)
      }
    }
    var notices: [String] = []
    if !credit.unsettled.isEmpty {
      notices = try await perform(Request(what: "settle", users: credit.unsettled)) {
        (now, locked) throws(LedgerError) in
        try self.server.commit(.tick, now: now) { (ledger) throws(LedgerError) in
          try ledger.settle(credit.unsettled.filter { !locked.contains($0) }, now: now)
        }
      }
    }
    return try await perform(Request(what: "read the tick", writes: false)) {
      (now, _) throws(LedgerError) in
      self.outcome(of: credit, interval, notices: notices, now: now)
    }
  }

  private func credit(
    _ interval: Int64, locked: Set<String>, now: Int64, on ledger: inout LedgerModel
  ) -> LedgerModel.Credit {
    let before = ledger
    let credit = ledger.credit(intervalMilliseconds: interval, locked: locked, now: now)
    if mutation == .lateTickLosesSlots {
      for index in ledger.runs.indices where ledger.runs[index].isOpen {
        let gained = ledger.runs[index].run.last - before.runs[index].run.last
        guard gained > 1, let row = ledger.rows[ledger.runs[index].user] else { continue }
        let points = row.points - (gained - 1) * ledger.runs[index].run.terms.points
        ledger.runs[index].run.first += gained - 1
        ledger.rows[row.user] = PointsRow(user: row.user, points: points, stamp: row.stamp)
      }
    }
    if mutation == .tickPaysEachTime {
      for user in before.runs.filter(\.isOpen).filter({
        $0.run.terms.intervalMilliseconds == interval
      })
      .map(\.user) where !credit.credited.contains(user) {
        guard let row = ledger.rows[user] else { continue }
        ledger.rows[user] = PointsRow(user: user, points: row.points + 10, stamp: row.stamp)
      }
    }
    return credit
  }

  private func outcome(
    of credit: LedgerModel.Credit, _ interval: Int64, notices: [String], now: Int64
  ) -> TickOutcome {
    let open = server.ledger.openRuns
    for user in credit.credited { patience[user] = nil }
    for user in credit.locked { patience[user, default: 0] += 1 }
    let named = credit.locked.filter { patience[$0, default: 0] >= 3 }
    let due = open.values.contains {
      $0.terms.intervalMilliseconds == interval && $0.last < $0.terms.slot(at: now)
    }
    return TickOutcome(
      rows: (credit.credited + credit.unsettled).filter { open[$0] != nil }
        .compactMap { server.ledger.rows[$0] },
      uncreditedUsers: Dictionary(
        named.map { ($0, "its row is locked") }, uniquingKeysWith: { $1 }),
      databaseMilliseconds: now, notices: notices,
      isUnfinished: due && named.count == credit.locked.count || named.count < credit.locked.count)
  }
}

extension ModelStore: PointsReader {
  func readRows(
    of users: [String],
    deliver: @escaping @Sendable (Result<[PointsRow], ReadFailure>) -> Void
  ) {
    world.after(world.random.within(1...20)) {
      guard !self.isDead, !self.server.isAway, !self.server.isFrozen else {
        return deliver(.failure(ReadFailure(reason: "no answer")))
      }
      deliver(.success(users.compactMap { self.server.ledger.rows[$0] }))
    }
  }
}
