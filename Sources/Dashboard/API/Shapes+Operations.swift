import Points

/// What was asked, and what became of it.
extension Shapes {
  private typealias Schema = JSONSchema

  /// What became of one user.
  static let userOutcome = Shape<OperationRecord.UserOutcome>(
    "UserOutcome",
    .init("user", Schema.string) { .string($0.user) },
    .init("outcome", Schema.words(OperationRecord.UserOutcome.Result.self)) {
      .string($0.result.rawValue)
    },
    .init("reason", Schema.nullable("string")) { .text($0.reason) })

  static let operation = Shape<OperationRecord>(
    "Operation",
    .init("id", Schema.string) { .string($0.operation.id) },
    .init("kind", Schema.string) { .string($0.kind) },
    .init(
      "user", Schema.describe(Schema.nullable("string"), "null where it concerns several users.")
    ) { $0.users.count == 1 ? .string($0.users[0].user) : .null },
    .init("who", Schema.string) { .string($0.operation.requestedBy) },
    .init("reason", Schema.nullable("string")) { .text($0.operation.reason) },
    .init("when", Schema.stamp) { .string($0.made.description) },
    .init("outcome", Schema.words(OperationRecord.Outcome.self)) { .string($0.outcome.rawValue) },
    .init("key", Schema.nullable("string")) { .text($0.operation.key) },
    .init("users", userOutcome.listReference) { userOutcome.list($0.users) })

  private static let auditedUser = Shape<AuditEntry.UserChange>(
    "AuditedUser",
    .init("user", Schema.string) { .string($0.user) },
    .init("outcome", Schema.words(OperationRecord.UserOutcome.Result.self)) {
      .string($0.outcome.rawValue)
    },
    .init(
      "points",
      Schema.describe(Schema.nullable("integer"), "Added or taken, beside what was earned.")
    ) { $0.points.map { JSON.number($0) } ?? .null })

  static let auditEntry = Shape<AuditEntry>(
    "AuditEntry",
    .init("id", Schema.string) { .string($0.position.id) },
    .init("when", Schema.stamp) {
      .string(DateTimeStamp(millisecondsSinceEpoch: $0.position.milliseconds).description)
    },
    .init("who", Schema.string) { .string($0.requestedBy) },
    .init("kind", Schema.describe(Schema.string, "Such as `pause`; `hand` for an edit in SQL.")) {
      .string($0.kind)
    },
    .init("reason", Schema.nullable("string")) { .text($0.reason) },
    .init("outcome", Schema.words(OperationRecord.Outcome.self)) { .string($0.outcome.rawValue) },
    .init("users", Schema.array(of: auditedUser.schema)) { auditedUser.list($0.users) })
}
