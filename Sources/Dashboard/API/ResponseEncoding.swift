import Points

/// The domain's values as the API sends them.
enum ResponseEncoding {
  /// `{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00"}`
  static func user(_ row: PointsRow) -> JSON {
    [
      "user": .string(row.user), "points": .number(row.points),
      "datetime_stamp": .text(row.stamp?.description),
    ]
  }

  /// `{"success":true,"username":"Afif","status":"active"}`
  static func userStatus(_ server: ServerStatus) -> JSON {
    let status =
      switch server.wanted {
      case .paused: "paused"
      case .stopped: "stopped"
      case .running, .starting, .backingOff, .failed: "active"
      }
    return ["success": true, "username": .string(server.user), "status": .string(status)]
  }

  static func historyPoint(_ point: HistoryPoint) -> JSON {
    [
      "datetime_stamp": .string(point.stamp.description),
      "points": point.points.map { .number($0) } ?? .null,
    ]
  }

  /// An entry of `/api/servers`.
  static func server(_ server: ServerStatus, for audience: Audience) -> JSON {
    let isPublic = audience == .everybody
    return [
      "name": .string(server.name), "user": .string(server.user), "port": .number(server.port),
      "groups": .array(server.groups.map(JSON.string)),
      "status": .string(server.status.rawValue), "wanted": .string(server.wanted.rawValue),
      "reason": .text(isPublic ? server.publicReason : server.reason),
      "since": .string(server.since.description),
      "connections": .number(server.connections), "requests": .number(server.requests),
      "last_error": .text(isPublic ? server.publicLastError : server.lastError),
    ]
  }

  /// Total, average, maximum and minimum; all 0 without users.
  static func statistics(_ rows: [PointsRow]) -> JSON {
    let points = rows.map(\.points)
    let total = points.reduce(Int128(0)) { $0 + Int128($1) }
    return [
      "total_points": .integer(total),
      "avg_points": .decimal(points.isEmpty ? 0 : Double(total) / Double(points.count)),
      "max_points": .number(points.max() ?? 0), "min_points": .number(points.min() ?? 0),
    ]
  }

  static func verification(_ verification: Verification) -> JSON {
    [
      "users": .number(verification.users),
      "differences": .array(
        verification.differences.map { difference in
          [
            "user": .string(difference.user), "kind": .string(difference.kind.rawValue),
            "message": .string(difference.message),
          ]
        }),
      "notices": .array(verification.notices.map(JSON.string)),
    ]
  }

  /// An entry of `/api/operations`.
  static func operation(_ record: OperationRecord) -> JSON {
    [
      "id": .string(record.operation.id), "kind": .string(record.kind),
      "user": record.users.count == 1 ? .string(record.users[0].user) : .null,
      "who": .string(record.operation.requestedBy), "reason": .text(record.operation.reason),
      "when": .string(record.made.description), "outcome": .string(record.outcome.rawValue),
      "key": .text(record.operation.key),
      "users": .array(record.users.map(outcome)),
    ]
  }

  /// What became of one user.
  static func outcome(_ user: OperationRecord.UserOutcome) -> JSON {
    [
      "user": .string(user.user), "outcome": .string(user.result.rawValue),
      "reason": .text(user.reason),
    ]
  }

  /// An entry of `/api/audit`.
  static func audit(_ entry: AuditEntry) -> JSON {
    [
      "id": .string(entry.position.id),
      "when": .string(
        DateTimeStamp(millisecondsSinceEpoch: entry.position.milliseconds).description),
      "who": .string(entry.requestedBy), "kind": .string(entry.kind), "reason": .text(entry.reason),
      "outcome": .string(entry.outcome.rawValue),
      "users": .array(
        entry.users.map { user in
          [
            "user": .string(user.user), "outcome": .string(user.outcome.rawValue),
            "points": user.points.map { JSON.number($0) } ?? .null,
          ]
        }),
    ]
  }

  /// An entry of `/api/instances`.
  static func instance(_ instance: LedgerSnapshot.Instance) -> JSON {
    [
      "name": .string(instance.name), "seen": .string(instance.seen.description),
      "lost": .bool(instance.isLost),
      "users": .array(instance.users.sorted().map(JSON.string)),
    ]
  }

  static func plan(_ plan: ReloadPlan) -> JSON {
    [
      "changes": .bool(plan.changesSomething),
      "users": .array(
        plan.users.map { entry in
          [
            "user": .string(entry.user), "server": .string(entry.server),
            "action": .string(entry.action.rawValue),
            "details": .array(entry.details.map(JSON.string)),
          ]
        }),
      "settings": .array(plan.settings.map(JSON.string)),
      "needs_restart": .array(plan.needsRestart.map(JSON.string)),
    ]
  }

  static func configuration(
    _ condition: ConfigurationCondition, for audience: Audience
  ) -> JSON {
    switch condition {
    case .current(let since):
      ["status": "current", "since": .string(since.description), "reason": .null]
    case .rejected(let since, let reason):
      [
        "status": "rejected", "since": .string(since.description),
        "reason": .text(audience == .permitted ? reason : nil),
      ]
    }
  }

  static func database(_ condition: DatabaseCondition, for audience: Audience) -> JSON {
    switch condition {
    case .available(let since):
      ["status": "available", "since": .string(since.description), "reason": .null]
    case .away(let since, let reason):
      [
        "status": "away", "since": .string(since.description),
        "reason": .text(audience == .permitted ? reason : nil),
      ]
    }
  }
}
