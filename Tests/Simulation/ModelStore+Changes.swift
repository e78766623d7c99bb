import LedgerModel
import Points

// Changes, and how a doubt about one ends.
extension ModelStore {
  func attempt(
    _ change: LedgerChange, partial: Bool
  ) async throws(LedgerError) -> ChangeReceipt {
    let isReload = change.kind == "reload"
    let request = Request(
      what: change.kind, operation: change.operation, users: change.users,
      waits: change.users.count == 1 || isReload)
    do {
      let receipt = try await perform(request) {
        (now, locked) throws(LedgerError) in
        if self.server.isInFlight(change.operation) {
          throw .locked("the operation is being noted by another transaction")
        }
        return try self.server.commit(.change(change), now: now) { (ledger) throws(LedgerError) in
          try self.carryOut(change, partial: partial, locked: locked, now: now, on: &ledger)
        }
      }
      return mutation == .lockedIsDone ? receipt.withEverybodyDone : receipt
    } catch LedgerError.unknown(_, let reason) where mutation.hidesDoubt(about: change) {
      throw .unavailable(reason)
    }
  }

  private func carryOut(
    _ change: LedgerChange, partial: Bool, locked: Set<String>, now: Int64,
    on ledger: inout LedgerModel
  ) throws(LedgerError) -> ChangeReceipt {
    var change = change
    if mutation == .unrecognisedRepetition {
      change = LedgerChange(
        change.work, operation: Operation(requestedBy: change.operation.requestedBy, reason: nil))
    }
    if mutation == .profileForEver, case .change(let asked, let users) = change.work {
      change = LedgerChange(
        .change(asked, users.map(withProfileForEver)), operation: change.operation)
    }
    let opened = ledger.openRuns
    let receipt = try ledger.attempt(change, partial: partial, locked: locked, now: now)
    if mutation == .clockBackPaysTwice { ledger.beginAtPresent(since: opened, now: now) }
    return receipt
  }

  func void(_ change: LedgerChange) async throws(LedgerError) -> ChangeReceipt? {
    let request = Request(what: "void", operation: change.operation)
    return try await perform(request) { (now, _) throws(LedgerError) in
      if self.mutation == .doubtEndedByReading {
        guard self.server.ledger.operationsByID[change.operation.id] != nil else { return nil }
      } else if self.server.isInFlight(change.operation) {
        throw .locked("the operation is being noted by another transaction")
      }
      return try self.server.commit(.void(change), now: now) { (ledger) throws(LedgerError) in
        try ledger.void(change, now: now)
      }
    }
  }

  func operations(
    _ selection: OperationSelection
  ) async throws(LedgerError) -> [OperationRecord] {
    try await perform(Request(what: "read the operations", writes: false)) {
      (_, _) throws(LedgerError) in self.server.ledger.records(selection)
    }
  }

  func repair(
    _ users: [LedgerUser], closing: [String], operation: Operation
  ) async throws(LedgerError) -> RepairOutcome {
    let request = Request(what: "repair", users: users.map(\.name) + closing)
    let users = mutation == .profileForEver ? users.map(withProfileForEver) : users
    return try await perform(request) { (now, locked) throws(LedgerError) in
      try self.server.commit(
        .repair(daemon: self.daemon, users: users, closing: closing), now: now
      ) { (ledger) throws(LedgerError) in
        ledger.reconcile(
          users, leaving: closing, locked: locked, now: now, operation: operation)
      }
    }
  }

  private func withProfileForEver(_ user: LedgerUser) -> LedgerUser {
    if let override = user.override { profiles[user.name] = override.running }
    return LedgerUser(
      name: user.name, terms: user.terms,
      override: profiles[user.name].map { ProfileOverride(running: $0, revision: .max) })
  }

  func closeRuns(
    of users: [String], operation: Operation
  ) async throws(LedgerError) -> OpenRuns {
    do {
      let locked = try await perform(
        Request(what: "close the runs", operation: operation, users: users)
      ) { (now, locked) throws(LedgerError) in
        try self.server.commit(.close(daemon: self.daemon), now: now) {
          (ledger) throws(LedgerError) in
          let seen = self.mutation == .stopSeesOpenRunsOnly ? [] : users
          return ledger.closeRuns(
            of: seen, instance: self.instance, locked: locked, now: now, operation: operation)
        }
      }
      return OpenRuns(locked: mutation == .stopCallsUnknownClosed ? [] : locked)
    } catch LedgerError.unknown where mutation == .stopCallsUnknownClosed {
      return OpenRuns()
    }
  }
}

extension ChangeReceipt {
  fileprivate var withEverybodyDone: ChangeReceipt {
    ChangeReceipt(
      operation: operation, users: users.map { .init(user: $0.user, result: .done) }, rows: rows,
      intents: intents)
  }
}

extension LedgerModel {
  /// Runs opened just now begin now, wherever earlier ones end.
  fileprivate mutating func beginAtPresent(since before: [String: Run], now: Int64) {
    for index in runs.indices where runs[index].isOpen && before[runs[index].user] == nil {
      let slot = runs[index].run.terms.slot(at: now)
      runs[index].run = Run(terms: runs[index].run.terms, first: slot, last: slot)
    }
  }
}
