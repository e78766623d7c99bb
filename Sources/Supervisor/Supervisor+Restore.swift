import Logging
import Points

extension Supervisor {
  public func backup(by operation: Operation) async throws -> any BackupStream {
    try requireDatabase()
    let lease = try backupPlace.take(for: operation.requestedBy, since: now)
    return SupervisedBackup(
      try await backups.begin(), lease: lease, requestedBy: operation.requestedBy, logger: logger
    ) {
      while true {
        if let reason = await self.outage { return reason }
        try await self.time.sleep(Self.outageCheck)
      }
    }
  }

  /// How often a backup that has not begun looks whether the database is away.
  static let outageCheck = Duration.milliseconds(250)

  public func makeBackupFile(for operation: Operation) async throws -> any BackupFile {
    try requireDatabase()
    let lease = try restorePlace.take(for: operation.requestedBy, since: now)
    return LeasedFile(file: try backups.makeFile(), lease: lease)
  }

  /// Why nothing can be asked of the database now; nil while it answers.
  private var outage: String? {
    guard case .away(let since, let reason) = condition else { return nil }
    return "the database is away since \(since) UTC: \(reason)"
  }

  /// Throws unless the ledger is ready and the database answers.
  private func requireDatabase() throws(ControlError) {
    if let outage { throw .unavailable(outage) }
    try requireServing()
  }

  /// Whatever becomes of it, a turn follows: it sees by the mark of the restore which ledger is in
  /// use, reads what was asked, opens the runs, and the listeners follow.
  public func restore(
    _ file: any BackupFile, by operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    try await beginExclusive(for: "a restore")
    isRestoring = true
    var isUnknown = false
    defer { if !isUnknown { endRestore() } }
    try requireServing()
    let content = try backups.read(file)
    do {
      try await store.restore(
        content, users: table.users, operation: operation, progress: progress)
    } catch let error as LedgerError {
      if case .unknown = error {
        isUnknown = true
        changeLock.rename("a restore whose outcome is not known yet (operation \(operation.id))")
        unknownRestore = OperationRecord(
          operation: operation, kind: "restore", made: now, outcome: .unknown, users: [])
        queue.yield(.finishRestore)
      }
      digest = nil
      wake.yield()
      logger.error(
        "the restore asked by \(operation.requestedBy) did not go through: \(error)",
        metadata: ["event": "restore"])
      throw ControlError(error)
    }
    let reason = operation.reason.map { ": \($0)" } ?? ""
    logger.notice(
      "the ledger was restored from a backup, asked by \(operation.requestedBy)\(reason)",
      metadata: ["event": "restore"])
    progress("opening the runs")
    await turned()
  }

  private func endRestore() {
    isRestoring = false
    changeLock.endExclusive()
  }

  /// Asks until it is known whether a restore took place; nothing else may change until then.
  func finishRestore() async {
    while await slept(.seconds(1)), let operation = unknownRestore?.operation.id {
      do {
        let tookPlace = try await store.restoreTookPlace(operation)
        logger.notice(
          "the restore \(operation) \(tookPlace ? "took place" : "did not take place and never will")",
          metadata: ["event": "restore"])
        unknownRestore = nil
        digest = nil
        await turned()
        endRestore()
        return
      } catch {
        logger.debug("what became of the restore is not known yet: \(error)")
      }
    }
  }
}

/// A file that holds the place of the one who restores.
private struct LeasedFile: BackupFile {
  let file: any BackupFile
  let lease: SinglePlace.Lease

  var size: Int { file.size }
  func read(at offset: Int, count: Int) throws -> [UInt8] {
    try file.read(at: offset, count: count)
  }
  func append(_ bytes: [UInt8]) throws { try file.append(bytes) }
}
