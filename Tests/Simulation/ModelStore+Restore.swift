import LedgerModel
import Points

// Restores and what is read seldom.
extension ModelStore {
  func restore(
    _ content: BackupContent, users: [String], operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    let request = Request(what: "restore", users: users, writes: false)
    // Taking the rows into tables at the side takes its time and changes nothing.
    _ = try await perform(request) { (_, _) throws(LedgerError) in }
    await world.pause(world.random.within(50...1500))
    let backup = server.backups[content.schema]
    guard backup.differences(now: 0).isEmpty else {
      throw LedgerError.refused("the backup does not add up")
    }
    server.pendingExchange = operation.id
    for _ in 0..<5 where server.hasTransactions { await world.pause(1000) }
    do {
      try await exchange(backup, operation)
    } catch LedgerError.unknown {
      guard try await finalOutcome(of: operation) else {
        throw LedgerError.unavailable("the connection was lost before the exchange")
      }
    }
    patience = [:]
  }

  private func exchange(
    _ backup: LedgerModel, _ operation: Operation
  ) async throws(LedgerError) {
    // The RENAME has no rows to lock: the server may get to it long after its client has gone.
    if world.random.percent(server.faultPercent) {
      if world.random.percent(60) {
        world.after(world.random.within(10...6000)) {
          try? self.rename(backup, operation, now: self.server.now)
        }
      }
      await world.pause(world.random.within(10...3000))
      throw .unknown(operation: operation.id, reason: "the answer to RENAME was lost")
    }
    try await perform(Request(what: "exchange", operation: operation)) {
      (now, _) throws(LedgerError) in
      try self.rename(backup, operation, now: now)
    }
  }

  private func rename(
    _ backup: LedgerModel, _ operation: Operation, now: Int64
  ) throws(LedgerError) {
    guard server.pendingExchange == operation.id, !server.isAway else {
      throw .unavailable("the tables at the side are gone")
    }
    guard !server.hasTransactions else { throw .locked("a transaction holds a table") }
    server.pendingExchange = nil
    try server.commit(.restore(operation.id), now: now) { (ledger) throws(LedgerError) in
      ledger.restore(backup, operation: operation, now: now)
    }
    server.world.trace("the ledgers were exchanged by \(operation.id)")
  }

  private func finalOutcome(of operation: Operation) async throws -> Bool {
    for attempt in 1... {
      do {
        return try await restoreTookPlace(operation.id)
      } catch {
        guard attempt < 20 else { break }
        await world.pause(500)
      }
    }
    throw LedgerError.unknown(operation: operation.id, reason: "no answer")
  }

  func restoreTookPlace(_ operation: String) async throws -> Bool {
    try await perform(Request(what: "what became of the restore", writes: false)) {
      (_, _) throws(LedgerError) in
      if self.mutation != .restoreDoubtEndedByReading { self.server.pendingExchange = nil }
      return self.server.ledger.operationsByID[operation] != nil
    }
  }

  func audit(_ selection: AuditSelection) async throws(LedgerError) -> [AuditEntry] { [] }

  func history(of user: String, range: HistoryRange) async throws -> [HistoryPoint] { [] }

  func verify(_ users: [LedgerUser]) async throws -> Verification {
    try await perform(Request(what: "verify", writes: false)) { (now, _) throws(LedgerError) in
      Verification(
        users: users.count,
        differences: self.server.ledger.differences(now: now).map {
          .init(user: "", kind: .points, message: $0)
        }, notices: [])
    }
  }
}

/// A backup is the number of a ledger that the server saved.
struct SavedFile: BackupFile {
  let number: Int
  var size: Int { 1 }

  func read(at offset: Int, count: Int) throws -> [UInt8] { [] }
  func append(_ bytes: [UInt8]) throws {}
}

struct SavedBackups: Backups {
  func begin() async throws -> any BackupStream { throw ControlError.failed("not simulated") }
  func makeFile() throws -> any BackupFile { SavedFile(number: 0) }

  func read(_ file: any BackupFile) throws -> BackupContent {
    BackupContent(schema: (file as? SavedFile)?.number ?? 0) { _ in }
  }
}
