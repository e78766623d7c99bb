import Logging
import Points

// Other daemons on the same ledger.
extension Supervisor {
  public func instances() async -> [LedgerSnapshot.Instance] { otherInstances }

  public func forget(
    instance: String, by operation: Operation
  ) async throws -> [OperationRecord.UserOutcome] {
    try changeLock.beginShared()
    defer { changeLock.endShared() }
    // The operation itself names users only.
    let named = Operation(
      id: operation.id, requestedBy: operation.requestedBy,
      reason: "instance \(instance)" + (operation.reason.map { ": \($0)" } ?? ""),
      key: operation.key)
    let receipt = try await commit(.forget(instance: instance), by: named)
    await turned()
    return receipt.users
  }

  /// Takes over what a snapshot says of them; names those once that were not seen for long.
  func follow(_ instances: [LedgerSnapshot.Instance]) {
    let lost = instances.filter(\.isLost)
    let known = Set(otherInstances.filter(\.isLost).map(\.name))
    for instance in lost where !known.contains(instance.name) {
      logger.warning("\(instance.notice)", metadata: ["event": "instance"])
    }
    otherInstances = instances
  }

  /// Users whom a living daemon beside this one serves.
  var servedElsewhere: Set<String> { otherInstances.livingUsers }

  /// As the ledger is held against: whether a run is open that another daemon serves as well is not for
  /// the profiles of this process to say.
  var sharedAccounts: [LedgerUser] {
    let elsewhere = servedElsewhere
    return table.accounts.map { elsewhere.contains($0.name) ? $0.withoutOverride : $0 }
  }

  /// Shows, and logs once, who earns under terms that are another file's.
  func noteForeignTerms(_ terms: [String: AccrualTerms]) {
    for server in table.all {
      let user = server.definition.user
      guard server.foreignTerms != terms[user] else { continue }
      server.foreignTerms = terms[user]
      let metadata: Logger.Metadata = ["user": "\(user)", "event": "instance"]
      if let notice = server.foreignTermsNotice {
        logger.warning("\(user) \(notice)", metadata: metadata)
      } else {
        logger.info("\(user) earns as its file says", metadata: metadata)
      }
      hub.emit(.server(server.status))
    }
  }
}
