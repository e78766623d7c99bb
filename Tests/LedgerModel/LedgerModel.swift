import Points

/// The ledger as a value: what its tables hold, and what each transaction of the product does to
/// them, without a database, a clock or a lock manager. `LedgerTests/ModelTests` holds it to MariaDB.
///
/// Who calls says what time it is and whose rows are locked. A function that throws has changed
/// nothing.
package struct LedgerModel: Sendable, Hashable {
  /// A row of `runs`.
  package struct RunRow: Sendable, Hashable {
    package let user: String
    package var run: Run
    package let openedMilliseconds: Int64
    /// Why it was closed; nil while it is open.
    package var closing: String?

    package var isOpen: Bool { closing == nil }
  }

  /// A row of `adjustments`.
  package struct AdjustmentRow: Sendable, Hashable {
    package let user: String
    package let delta: Int64
    /// `operation`, `hand` or `notice`.
    package let source: String
    package let reason: String?
    package let operation: String?
  }

  /// A row of `operations`.
  package struct OperationRow: Sendable, Hashable {
    package let operation: Operation
    package let kind: String
    /// nil where it concerns several.
    package let user: String?
    package let request: String?
    package let outcome: OperationRecord.Outcome
    package let madeMilliseconds: Int64
    package var users: [OperationRecord.UserOutcome] = []
  }

  package var rows: [String: PointsRow] = [:]
  package var runs: [RunRow] = []
  package var adjustments: [AdjustmentRow] = []
  package var intents: [String: Intent] = [:]
  /// In the order in which they were noted.
  package var operations: [OperationRow] = []
  package var operationsByID: [String: Int] = [:]
  /// By client's key and account.
  package var operationsByKey: [[String]: Int] = [:]
  /// Whom each instance serves, and when it wrote so.
  package var served: [String: LedgerSnapshot.Instance] = [:]
  /// Whether edits by hand are recorded.
  package var hasTriggers = true
  package let maximumCatchUpMilliseconds: Int64

  package init(maximumCatchUpSeconds: Int64) {
    maximumCatchUpMilliseconds = maximumCatchUpSeconds * 1000
  }

  /// The open runs, by user.
  package var openRuns: [String: Run] {
    Dictionary(
      runs.lazy.filter(\.isOpen).map { ($0.user, $0.run) }, uniquingKeysWith: { first, _ in first })
  }

  /// What runs and adjustments of a user add up to; nil when there are none.
  package func sum(of user: String) -> Int128? {
    var sum: Int128?
    for row in runs where row.user == user { sum = (sum ?? 0) + row.run.earned }
    for row in adjustments where row.user == user { sum = (sum ?? 0) + Int128(row.delta) }
    return sum
  }

  /// As `LedgerStore.snapshot`.
  package func snapshot(of users: [String], instance: String) -> LedgerSnapshot {
    LedgerSnapshot(
      rows: users.compactMap { rows[$0] }, intents: users.compactMap { intents[$0] },
      openRuns: runs.filter(\.isOpen).map { .init(user: $0.user, terms: $0.run.terms) },
      served: served[instance]?.users ?? [],
      otherInstances: served.values.filter { $0.name != instance }.sorted { $0.name < $1.name },
      restoreMark: operations.last { $0.kind == "restore" }?.operation.id)
  }

  /// As `LedgerStore.digest`.
  package func digest(instance: String) -> LedgerDigest {
    snapshot(of: (served[instance]?.users ?? []).sorted(), instance: instance).digest
  }

  /// As `LedgerStore.serve`.
  package mutating func serve(_ users: [String], instance: String, now: Int64) {
    guard !users.isEmpty else {
      served[instance] = nil
      return
    }
    served[instance] = .init(
      name: instance, seen: DateTimeStamp(millisecondsSinceEpoch: now), users: Set(users))
  }
}

/// Rows that another transaction holds: what a change that must not wait for them meets.
package struct RowsLocked: Error, Sendable, Hashable {
  package let users: [String]

  package init(_ users: [String]) { self.users = users }
}

extension LedgerError {
  package init(_ locked: RowsLocked) {
    self = .locked(
      "\(locked.users.joined(separator: ", ")): a row is locked by another transaction")
  }
}
