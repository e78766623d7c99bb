import Logging
import Points

extension Supervisor {
  public func backup(by operation: Operation) async throws -> any BackupFile {
    try requireServing()
    let file = try await backups.write()
    logger.notice(
      "backup of \(file.size) bytes, asked by \(operation.who)", metadata: ["event": "backup"])
    return file
  }

  public func makeBackupFile() async throws -> any BackupFile {
    try backups.makeFile()
  }

  /// Whatever becomes of it, a turn follows: it sees by the mark of the restore which ledger is in
  /// use, reads what was asked, opens the runs, and the listeners follow.
  public func restore(
    _ file: any BackupFile, by operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    try await beginExclusive(for: "a restore")
    defer { changeLock.endExclusive() }
    try requireServing()
    let content = try backups.read(file)
    do {
      try await store.restore(content, operation: operation, progress: progress)
    } catch let error as LedgerError {
      digest = nil
      wake.yield()
      logger.error(
        "the restore asked by \(operation.who) did not go through: \(error)",
        metadata: ["event": "restore"])
      throw ControlError(error)
    }
    let reason = operation.reason.map { ": \($0)" } ?? ""
    logger.notice(
      "the ledger was restored from a backup, asked by \(operation.who)\(reason)",
      metadata: ["event": "restore"])
    progress("opening the runs")
    await turned()
  }
}
