import MariaDB
import Points

extension Ledger {
  public func audit(_ selection: AuditSelection) async throws(LedgerError) -> [AuditEntry] {
    try await read("read the audit") { session in
      try session.transaction(.snapshot) { session in
        let operations = try session.auditedOperations(selection)
        let entries = operations + (try session.auditedEdits(selection))
        return Array(entries.sorted { $0.position > $1.position }.prefix(selection.limit))
      }
    }
  }
}

extension Session {
  fileprivate func auditedOperations(_ selection: AuditSelection) throws -> [AuditEntry] {
    var filter = AuditFilter(selection, id: "id")
    if let users = selection.users.map(Batch.filledUp) {
      // A group's operation has its users in `detail`.
      let mentioned = Statement.repeated("INSTR(detail, ?) > 0", users.count, separator: " OR ")
      filter.add(
        "(user IN (\(Statement.repeated("?", users.count, separator: ", "))) OR \(mentioned))",
        Value.texts(users) + users.map { .text(OperationDetail.member($0)) })
    }
    let found = try query(
      """
      SELECT id, \(AuditFilter.milliseconds), kind, user, asked_by, reason, outcome, detail \
      FROM operations \(filter.text)
      """, filter.values
    ) { row in
      let outcome = OperationRecord.Outcome(rawValue: try row.text(6)) ?? .done
      let detail = try row.optionalText(7).map(OperationDetail.users) ?? []
      let only = try row.optionalText(3).map {
        [OperationRecord.UserOutcome(user: $0, result: outcome == .void ? .void : .done)]
      }
      return AuditEntry(
        position: .init(milliseconds: try row.integer(1), id: try row.text(0)),
        kind: try row.text(2), requestedBy: try row.text(4), reason: try row.optionalText(5),
        outcome: outcome,
        users: (detail.isEmpty ? only ?? [] : detail).map {
          .init(user: $0.user, outcome: $0.result, points: nil)
        })
    }
    let points = try adjustments(of: found)
    return found.map { entry in
      AuditEntry(
        position: entry.position, kind: entry.kind, requestedBy: entry.requestedBy,
        reason: entry.reason,
        outcome: entry.outcome,
        users: entry.users.map {
          .init(user: $0.user, outcome: $0.outcome, points: points[entry.position.id]?[$0.user])
        })
    }
  }

  /// What operations added, by their ids and users: found by the time, for which there is an index.
  private func adjustments(of entries: [AuditEntry]) throws -> [String: [String: Int64]] {
    let moments = entries.map(\.position.milliseconds)
    guard let first = moments.min(), let last = moments.max() else { return [:] }
    var points: [String: [String: Int64]] = [:]
    let minute: Int64 = 60_000
    try query(
      """
      SELECT operation_id, user, delta FROM adjustments WHERE source = 'operation' \
      AND operation_id IS NOT NULL AND made_at BETWEEN \(AuditFilter.moment) AND \(AuditFilter.moment)
      """, Value.integers([first - minute, last + minute])
    ) { points[try $0.text(0), default: [:]][try $0.text(1)] = try $0.integer(2) }
    return points
  }

  /// What changed points and no operation asked for.
  fileprivate func auditedEdits(_ selection: AuditSelection) throws -> [AuditEntry] {
    var filter = AuditFilter(selection, id: "CONCAT('adjustment-', id)")
    filter.add("source IN ('hand', 'notice', 'adopted')", [])
    if let users = selection.users.map(Batch.filledUp) {
      filter.add(
        "user IN (\(Statement.repeated("?", users.count, separator: ", ")))", Value.texts(users))
    }
    return try query(
      """
      SELECT CONCAT('adjustment-', id), \(AuditFilter.milliseconds), source, user, made_by, reason, \
      delta FROM adjustments \(filter.text)
      """, filter.values
    ) { row in
      AuditEntry(
        position: .init(milliseconds: try row.integer(1), id: try row.text(0)),
        kind: try row.text(2), requestedBy: try row.text(4), reason: try row.optionalText(5),
        outcome: .done,
        users: [.init(user: try row.text(3), outcome: .done, points: try row.integer(6))])
    }
  }
}

/// The conditions, the order and the limit of one of the tables.
private struct AuditFilter {
  static let milliseconds = Statement.milliseconds("made_at")
  /// A parameter in ms as the tables hold it.
  static let moment = "FROM_UNIXTIME(? / 1000)"

  private let id: String
  private let limit: Int
  private var conditions: [String] = []
  private(set) var values: [Value] = []

  /// - Parameter id: SQL for what distinguishes entries of the same moment.
  init(_ selection: AuditSelection, id: String) {
    self.id = id
    self.limit = min(max(selection.limit, 1), 1000)
    guard let before = selection.before else { return }
    add(
      "(made_at < \(Self.moment) OR made_at = \(Self.moment) AND \(id) < ?)",
      [
        .integer(before.milliseconds), .integer(before.milliseconds),
        .text(before.id, atMost: 64),
      ])
  }

  mutating func add(_ condition: String, _ values: [Value]) {
    conditions.append(condition)
    self.values += values
  }

  var text: String {
    let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) "
    return condition + "ORDER BY made_at DESC, \(id) DESC LIMIT \(limit)"
  }
}
