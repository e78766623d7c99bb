import Logging
import Points

extension Supervisor {
  public func backup(by operation: Operation) async throws -> any BackupStream {
    try requireDatabase()
    let lease = try backupPlace.take(for: operation.who, since: now)
    return SupervisedBackup(
      try await surroundings.backups.begin(), lease: lease, who: operation.who, logger: logger
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
    let lease = try restorePlace.take(for: operation.who, since: now)
    return LeasedFile(file: try surroundings.backups.makeFile(), lease: lease)
  }

  /// Why nothing can be asked of the database now; nil while it answers.
  private var outage: String? {
    guard case .away(let since, let reason) = condition else { return nil }
    return "the database is away since \(since) UTC: \(reason)"
  }

  /// Throws unless the ledger is ready and the database answers.
  private func requireDatabase() throws(ControlError) {
    try requireServing()
    if let outage { throw .unavailable(outage) }
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
        if case .unknown = error {
          logger.error(
            "the connection was lost as the ledgers were exchanged: \(error)",
            metadata: ["event": "restore"])
          // Whichever is in use then.
          await prepareForLedger("it is not known yet whether the ledger was restored")
        } else {
          logger.error(
            "the restore asked by \(operation.who) was refused, nothing was changed: \(error)",
            metadata: ["event": "restore"])
        }
        throw ControlError(error)
      }
      let reason = operation.reason.map { ": \($0)" } ?? ""
      logger.notice(
        "the ledger was restored from a backup, asked by \(operation.who)\(reason)",
        metadata: ["event": "restore"])
      progress("opening the runs")
      await prepareForLedger("the ledger was restored and its runs are being opened")
    }
  }

  /// Forgets what was asked, and follows the ledger in use as after a start.
  private func prepareForLedger(_ reason: String) async {
    phase = .preparing(reason)
    for server in servers { server.intent = nil }
    let (done, end) = AsyncStream.makeStream(of: Never.self)
    queue.yield(.prepareAgain(end))
    for await _ in done {}
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
