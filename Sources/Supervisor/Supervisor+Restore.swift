import Logging
import Points

extension Supervisor {
  public func backup(by operation: Operation) async throws -> any BackupFile {
    try requireServing()
    let file = try await surroundings.backups.write()
    logger.notice(
      "backup of \(file.size) bytes, asked by \(operation.who)", metadata: ["event": "backup"])
    return file
  }

  public func makeBackupFile() async throws -> any BackupFile {
    try surroundings.backups.makeFile()
  }

  /// After the exchange everything goes on as after a start: what was asked is read from the
  /// ledger, runs are opened, listeners follow.
  public func restore(
    _ file: any BackupFile, by operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    try await goAlone("a restore") {
      try requireServing()
      let content = try surroundings.backups.read(file)
      do {
        try await store.restore(
          content, users: users, operation: operation, progress: progress)
      } catch let error as LedgerError {
        logger.error(
          "the restore asked by \(operation.who) was refused, nothing was changed: \(error)",
          metadata: ["event": "restore"])
        throw ControlError(error)
      }
      let reason = operation.reason.map { ": \($0)" } ?? ""
      logger.notice(
        "the ledger was restored from a backup, asked by \(operation.who)\(reason)",
        metadata: ["event": "restore"])
      progress("opening the runs")
      phase = .preparing("the ledger was restored and its runs are being opened")
      for server in servers { server.intent = nil }
      let (done, end) = AsyncStream.makeStream(of: Never.self)
      queue.yield(.prepareAgain(end))
      for await _ in done {}
    }
  }

  /// Not in the task of who asked for the restore, who may go away.
  func prepareAgain() async {
    do {
      try await prepareLedger()
      hub.emit(.servers(servers.map(\.status)))
    } catch {
      phase = .preparing("\(error)")
      logger.critical(
        "the restored ledger cannot be used: \(error); restart pointsd",
        metadata: ["event": "restore"])
    }
  }
}
