import JSONText
import MariaDB
import Points

/// The operation, or the client's key, is in the ledger already.
struct AlreadyDone: Error {}

extension Session {
  /// Notes an operation, first of all in its transaction: its id, and the client's key, can be
  /// taken once. Throws `AlreadyDone` when they are taken.
  /// - Parameters:
  ///   - request: what is compared when the client repeats its key; nil with no key.
  ///   - users: what became of each, where that is known and there are several.
  func begin(
    _ operation: Operation, kind: String, user: String?, request: String? = nil,
    outcome: OperationRecord.Outcome = .done, users: [OperationRecord.UserOutcome] = []
  ) throws {
    // A change that can never be done leaves its key free.
    let key = outcome == .done ? operation.key : nil
    do {
      try execute(
        """
        INSERT INTO operations (id, kind, user, asked_by, reason, made_at, outcome, \
        idempotency_key, account, request, detail) VALUES (?, ?, ?, ?, ?, NOW(3), ?, ?, ?, ?, ?)
        """,
        [
          .text(operation.id, atMost: 64), .text(kind), Value(user),
          .requester(operation.requestedBy),
          .reason(operation.reason), .text(outcome.rawValue), Value(key),
          Value(key.map { _ in operation.account }), .reason(request),
          Value(users.isEmpty ? nil : OperationDetail.text(users)),
        ])
    } catch let error as DatabaseError where error.kind == .alreadyDone {
      throw AlreadyDone()
    }
  }

  /// Keeps what became of each user of a change to several.
  func note(_ users: [OperationRecord.UserOutcome], of operation: Operation) throws {
    try execute(
      "UPDATE operations SET detail = ? WHERE id = ?",
      [.text(OperationDetail.text(users)), .text(operation.id, atMost: 64)])
  }

  /// What a change that is in the ledger already came to, with what its users have now.
  ///
  /// Throws `keyReused` when the client's key names another change.
  func receipt(of change: LedgerChange) throws -> ChangeReceipt {
    let operation = change.operation
    var found = try records(.identifier(operation.id))
    if found.isEmpty, let key = operation.key {
      found = try records(.key(key, account: operation.requestedBy))
      if let request = try request(of: found.first?.operation.id), request != change.request {
        throw LedgerError.keyReused(key)
      }
    }
    guard let known = found.first else {
      throw LedgerError.unavailable("an operation of the same id or key is just being undone")
    }
    guard known.outcome == .done else {
      throw LedgerError.refused("operation \(known.operation.id) was given up; ask again")
    }
    let users = known.users.filter { $0.result == .done }.map(\.user)
    let intents = try intents(of: users)
    return ChangeReceipt(
      operation: known.operation.id, users: known.users, rows: try rows(of: users),
      intents: users.compactMap { intents[$0] })
  }

  private func request(of identifier: String?) throws -> String? {
    guard let identifier else { return nil }
    return try query(
      "SELECT request FROM operations WHERE id = ?", [.text(identifier)],
      row: { try $0.optionalText(0) }
    ).first ?? nil
  }

  func records(_ selection: OperationSelection) throws -> [OperationRecord] {
    let (condition, values): (String, [Value]) =
      switch selection {
      case .latest(let count):
        ("ORDER BY made_at DESC, id LIMIT ?", [.integer(Int64(min(max(count, 1), 1000)))])
      case .identifier(let identifier): ("WHERE id = ?", [.text(identifier, atMost: 64)])
      case .key(let key, let account):
        ("WHERE account = ? AND idempotency_key = ?", [.requester(account), .text(key)])
      }
    return try query(
      """
      SELECT id, kind, user, asked_by, reason, made_at, outcome, idempotency_key, detail \
      FROM operations \(condition)
      """, values
    ) { row in
      let outcome = OperationRecord.Outcome(rawValue: try row.text(6)) ?? .done
      let detail = try row.optionalText(8).map(OperationDetail.users) ?? []
      let only = try row.optionalText(2).map {
        [OperationRecord.UserOutcome(user: $0, result: outcome == .void ? .void : .done)]
      }
      return OperationRecord(
        operation: Operation(
          id: try row.text(0), requestedBy: try row.text(3), reason: try row.optionalText(4),
          key: try row.optionalText(7)),
        kind: try row.text(1), made: try row.stamp(5) ?? DateTimeStamp(secondsSinceEpoch: 0),
        outcome: outcome, users: detail.isEmpty ? only ?? [] : detail)
    }
  }
}

extension Operation {
  /// The account as the table holds it.
  fileprivate var account: String {
    String(String.UnicodeScalarView(requestedBy.unicodeScalars.prefix(255)))
  }
}

/// The column `detail`: a JSON object with a member for each user.
enum OperationDetail {
  /// `{"Afif":"done","Faiz":{"locked":"…"}}`
  static func text(_ users: [OperationRecord.UserOutcome]) -> String {
    let members = users.map { user in
      let value =
        user.reason.map { "{\(jsonString(user.result.rawValue)):\(jsonString($0))}" }
        ?? jsonString(user.result.rawValue)
      return member(user.user) + value
    }
    return "{\(members.joined(separator: ","))}"
  }

  /// What stands before the outcome of a user.
  static func member(_ user: String) -> String { jsonString(user) + ":" }

  /// Empty for text that is none of ours.
  static func users(_ text: String) -> [OperationRecord.UserOutcome] {
    guard case .object(let members)? = try? JSONParser.parse(Array(text.utf8)).value else {
      return []
    }
    return members.compactMap { member in
      switch member.node.value {
      case .string(let result):
        OperationRecord.UserOutcome.Result(rawValue: result).map {
          .init(user: member.key, result: $0)
        }
      case .object(let reasons):
        reasons.first.flatMap { reason in
          OperationRecord.UserOutcome.Result(rawValue: reason.key).map {
            .init(user: member.key, result: $0, reason: reason.node.string)
          }
        }
      default: nil
      }
    }
  }
}
