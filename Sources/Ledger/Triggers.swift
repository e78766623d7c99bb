import MariaDB
import Points

/// A trigger on `user_tracking` that records edits by hand, as `sql/002` has it.
struct LedgerTrigger {
  /// The name it has where no restore gave it another one.
  let name: String
  /// `INSERT`, `UPDATE` or `DELETE`.
  let event: String
  let body: String

  /// One for each event.
  static let all: [LedgerTrigger] = Migration.all.filter { $0.version == 2 }
    .flatMap(\.statements).compactMap(LedgerTrigger.init)

  /// - Parameter statement: `CREATE OR REPLACE TRIGGER … AFTER … ON user_tracking FOR EACH ROW …`.
  private init?(_ statement: String) {
    let words = statement.split(maxSplits: 7, whereSeparator: \.isWhitespace)
    guard words.count == 8, let each = statement.firstRange(of: "FOR EACH ROW\n") else {
      return nil
    }
    (name, event) = (String(words[4]), String(words[6]))
    body = String(statement[each.upperBound...])
  }

  /// Makes the trigger, in place of one of the name.
  func statement(named name: String, on table: String) -> String {
    "CREATE OR REPLACE TRIGGER `\(name)` AFTER \(event) ON \(table) FOR EACH ROW\n\(body)"
  }
}

/// A trigger that is there.
private struct PresentTrigger {
  let name: String
  let event: String
  let body: String
  let isDefinedByUs: Bool

  /// Which of ours it is, by what it does or by its name; a restore adds to the name.
  var ours: LedgerTrigger? {
    LedgerTrigger.all.first { event == $0.event && (body == $0.body || name.hasPrefix($0.name)) }
  }

  func isSound(_ trigger: LedgerTrigger) -> Bool { body == trigger.body && isDefinedByUs }
}

extension Session {
  /// Makes the triggers of `user_tracking` that are missing, that do something else, or that are
  /// run as an account that is not the daemon's: when that account is dropped, MariaDB refuses every
  /// write (1449).
  /// - Returns: what was done, one line each.
  func repairTriggers() throws -> [String] {
    let present = try triggers(of: "user_tracking")
    return try LedgerTrigger.all.flatMap { trigger in
      try repair(trigger, present.filter { $0.ours?.event == trigger.event })
    }
  }

  /// Whether the three are there and as they must be.
  func triggersAreSound() throws -> Bool {
    let present = try triggers(of: "user_tracking")
    return LedgerTrigger.all.allSatisfy { trigger in
      let ours = present.filter { $0.ours?.event == trigger.event }
      return ours.count == 1 && ours[0].isSound(trigger)
    }
  }

  private func repair(_ trigger: LedgerTrigger, _ present: [PresentTrigger]) throws -> [String] {
    let kept = present.first { $0.isSound(trigger) } ?? present.first
    var done: [String] = []
    if kept.map({ !$0.isSound(trigger) }) ?? true {
      let name = kept?.name ?? trigger.name
      try executeText(trigger.statement(named: name, on: "user_tracking"))
      done.append(
        kept == nil
          ? "the trigger \(name) on user_tracking was missing and was made"
          : "the trigger \(name) on user_tracking had another definer or text and was replaced")
    }
    // Two of them would record each edit twice.
    for surplus in present where surplus.name != kept?.name {
      try executeText("DROP TRIGGER IF EXISTS \(quotedIdentifier(surplus.name))")
      done.append("the trigger \(surplus.name) was one too many on user_tracking and was dropped")
    }
    return done
  }

  /// Makes the triggers of a table that takes the place of `user_tracking`.
  /// - Parameter suffix: distinguishes their names from those of the table in use.
  func makeTriggers(on table: String, suffix: String) throws {
    for trigger in LedgerTrigger.all {
      try executeText(trigger.statement(named: trigger.name + suffix, on: table))
    }
  }

  /// Drops ours from a table that is no longer in use: an edit of it is none of the ledger.
  func dropTriggers(of table: String) throws {
    for trigger in try triggers(of: table) where trigger.ours != nil {
      try executeText("DROP TRIGGER IF EXISTS \(quotedIdentifier(trigger.name))")
    }
  }

  /// The names of triggers on a table that are not ours.
  func foreignTriggers(of table: String) throws -> [String] {
    try triggers(of: table).filter { $0.ours == nil }.map(\.name)
  }

  private func triggers(of table: String) throws -> [PresentTrigger] {
    try query(
      """
      SELECT trigger_name, event_manipulation, action_statement, definer = CURRENT_USER(), \
      action_timing FROM information_schema.triggers \
      WHERE event_object_schema = DATABASE() AND event_object_table = ?
      """, [.text(table)],
      row: {
        PresentTrigger(
          name: try $0.text(0),
          event: try $0.text(4) == "AFTER" ? try $0.text(1) : "before \(try $0.text(1))",
          body: try $0.text(2), isDefinedByUs: try $0.integer(3) != 0)
      })
  }
}
