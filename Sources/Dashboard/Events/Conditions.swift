import Points

/// The daemon's conditions as its events carry them.
enum Conditions {
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
