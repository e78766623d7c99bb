import MariaDB
import Points

extension Ledger: LedgerStore {
  public func attempt(
    _ change: LedgerChange, partial: Bool
  ) async throws(LedgerError) -> ChangeReceipt {
    // A reload waits for locks, and would let the ticks wait with it.
    guard case .change(_, let users) = change.work, users.count > 1 else {
      return try await attemptOnce(change, partial: partial)
    }
    do {
      return try await writingMany { try await attemptOnce(change, partial: partial) }
    } catch {
      throw error as? LedgerError ?? .unavailable("\(error)")
    }
  }

  private func attemptOnce(
    _ change: LedgerChange, partial: Bool
  ) async throws(LedgerError) -> ChangeReceipt {
    let (limit, instance) = (maximumCatchUpMilliseconds, instance)
    return try await once(change.operation, "\(change.kind) \(change.users.inWords)") {
      connection in
      do {
        return try await connection.transaction { session in
          try session.carryOut(
            change, partial: partial, instance: instance, maximumCatchUpMilliseconds: limit)
        }
      } catch is AlreadyDone {
        do {
          return try await connection.run { try $0.receipt(of: change) }
        } catch let error as DatabaseError {
          // It was done; what it came to cannot be read.
          throw LedgerError.unknown(operation: change.operation.id, reason: "\(error)")
        }
      }
    }
  }

  public func void(_ change: LedgerChange) async throws(LedgerError) -> ChangeReceipt? {
    let operation = change.operation
    return try await once(operation, "end the doubt about \(change.kind)") { connection in
      try await connection.run { session in
        do {
          try session.begin(
            operation, kind: change.kind, user: change.onlyUser, outcome: .void,
            users: change.onlyUser == nil
              ? change.users.map { .init(user: $0, result: .void) } : [])
          return nil
        } catch is AlreadyDone {
          let record = try session.records(.identifier(operation.id)).first
          return record?.outcome == .done ? try session.receipt(of: change) : nil
        }
      }
    }
  }

  public func operations(
    _ selection: OperationSelection
  ) async throws(LedgerError) -> [OperationRecord] {
    try await read("read the operations") { try $0.records(selection) }
  }
}

extension Intent {
  /// The intent of a user nobody has asked anything of; it is not kept.
  static func unasked(_ user: String) -> Intent {
    Intent(
      user: user, running: true, paused: false, requestedBy: "pointsd", reason: nil,
      since: DateTimeStamp(secondsSinceEpoch: 0), revision: 1)
  }
}
