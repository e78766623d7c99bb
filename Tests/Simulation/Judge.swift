import LedgerModel
import Points

/// Knows by itself what must follow from slots and operations, looks at every transaction and every
/// answer, and says what is wrong. It uses none of the product's rules but the length of a slot.
final class Judge: @unchecked Sendable {
  /// A change that a client asked for.
  struct Asked {
    let kind: String
    let users: [String]
    let life: Int
    let moment: Int64
    var answer: Answer?
  }

  enum Answer: Hashable {
    /// Done; of a group, these users.
    case done([String]?)
    /// Not done and never will be.
    case denied(String)
    /// 504.
    case unknown(String)
  }

  let world: World
  var asked: [String: Asked] = [:]
  /// Operations that were ever done in the ledger in use, and the users that each changed.
  private(set) var done: [String: Set<String>] = [:]
  /// Operations that were called "not done".
  private var denied: [String: String] = [:]
  /// What edits by hand that no trigger saw added to the points of users.
  private var unrecorded: [String: Int128] = [:]
  private var everUnrecorded: Set<String> = []
  /// The rows that each user had, oldest first, since the last restore.
  private(set) var history: [String: [PointsRow]] = [:]
  private(set) var restores = 0
  /// When something was last asked of each user, in simulated time.
  private(set) var lastIntent: [String: Int64] = [:]
  /// Whom each daemon serves, whether it lives or not: the configured users.
  var configured: [Int: [String: LedgerUser]] = [:]
  /// When each daemon's process saw the ledger first.
  var firstReadings: [Int: Int64] = [:]
  private(set) var lastRestore: Int64?
  /// Daemons that ended with status 0, and the users that they served.
  var ended: [Int: [String]] = [:]
  /// Daemons that are being stopped.
  var stopping: Set<Int> = []

  init(world: World) { self.world = world }

  // MARK: Transactions

  /// - Parameter isLate: the client had given it up: what it opens and closes may not be wanted any
  ///   more, until the loop sees it.
  func committed(
    _ cause: DatabaseServer.Cause, before: LedgerModel, after: LedgerModel, now: Int64, isLate: Bool
  ) {
    switch cause {
    case .restore(let operation):
      restores += 1
      lastRestore = world.now
      unrecorded = [:]
      history = [:]
      noteDone(operation, users: [])
    case .hand:
      noteEdits(before, after)
      noteIntents(before, after)
    case .change(let change):
      if after.operations.count > before.operations.count {
        let users = after.changed(by: change)
        checkIntents(of: change, users, before, after)
        noteDone(change.operation.id, users: users)
        if change.kind != "reload" { noteIntents(before, after) }
      }
      checkAdjustments(of: change, before, after)
      checkRuns(before, after, now: now, isLate ? nil : cause)
    case .void, .repair, .close, .serve, .tick:
      let added = after.adjustments[before.adjustments.count...]
      if added.contains(where: { $0.delta != 0 }) {
        world.fault("points were adjusted though nobody asked: \(Array(added))")
      }
      checkRuns(before, after, now: now, isLate ? nil : cause)
    }
    checkPoints(before, after)
    for (user, row) in after.rows where history[user]?.last != row {
      history[user, default: []].append(row)
    }
  }

  private func noteEdits(_ before: LedgerModel, _ after: LedgerModel) {
    let sums = after.sums
    for user in Set(before.rows.keys).union(after.rows.keys) {
      unrecorded[user] = after.rows[user].map { Int128($0.points) - (sums[user] ?? 0) }
      if !before.hasTriggers { everUnrecorded.insert(user) }
    }
  }

  private func noteIntents(_ before: LedgerModel, _ after: LedgerModel) {
    for (user, intent) in after.intents where before.intents[user] != intent {
      lastIntent[user] = world.now
    }
  }

  private func noteDone(_ operation: String, users: Set<String>) {
    if done[operation] != nil { world.fault("\(operation) was done twice") }
    if let reason = denied[operation] {
      world.fault("\(operation) was called not done (\(reason)), and was done afterwards")
    }
    done[operation] = users
  }

  /// `points = runs + adjustments`, always.
  private func checkPoints(_ before: LedgerModel, _ after: LedgerModel) {
    let sums = after.sums
    for (user, row) in after.rows {
      // A row that was missing is made again with what the ledger says.
      if before.rows[user] == nil { unrecorded[user] = nil }
      let expected = (sums[user] ?? 0) + (unrecorded[user] ?? 0)
      guard Int128(row.points) != expected else { continue }
      world.fault("\(user) has \(row.points) points, but \(expected) follow from its ledger")
      unrecorded[user] = Int128(row.points) - (sums[user] ?? 0)
    }
  }

  /// What was asked of points, and nothing else, is in the adjustments.
  private func checkAdjustments(
    of change: LedgerChange, _ before: LedgerModel, _ after: LedgerModel
  ) {
    let added = after.adjustments[before.adjustments.count...].filter { $0.source != "notice" }
    guard case .change(let asked, _) = change.work else {
      if !added.isEmpty { world.fault("a reload adjusted points: \(added)") }
      return
    }
    for entry in added {
      switch asked {
      case .reset:
        if after.rows[entry.user]?.points != 0 { world.fault("\(entry.user) was not reset to 0") }
      case .adjust(let delta):
        if entry.delta != delta { world.fault("\(entry.user): \(entry.delta) is not \(delta)") }
      case .start, .stop, .pause, .resume, .toggle:
        world.fault("\(asked.word) adjusted the points of \(entry.user)")
      }
      if !change.users.contains(entry.user) { world.fault("\(entry.user) was not asked about") }
    }
  }

  /// Whether a user had points that no trigger saw.
  func isUnrecorded(_ user: String) -> Bool { everUnrecorded.contains(user) }

  // MARK: Answers

  func ask(_ operation: Operation, _ kind: String, users: [String], life: Int) {
    asked[operation.id] = Asked(kind: kind, users: users, life: life, moment: world.now)
    world.trace("life \(life): \(kind) \(users) as \(operation.id)")
  }

  func answered(_ operation: Operation, _ answer: Answer) {
    let id = operation.id
    world.trace("\(id): \(answer)")
    asked[id]?.answer = answer
    switch answer {
    case .done(let users):
      guard let changed = done[id] else {
        // With a key it may be an earlier one.
        if operation.key == nil, asked[id]?.kind != "reload" {
          world.fault("\(id) was called done and was not")
        }
        return
      }
      if let users, Set(users) != changed {
        world.fault("\(id): \(users.sorted()) were called done, \(changed.sorted()) were")
      }
    case .denied(let reason):
      denied[id] = reason
      if done[id] != nil { world.fault("\(id) was called not done (\(reason)) and was done") }
    case .unknown: break
    }
  }

  /// A client asked what became of an operation.
  func learned(_ operation: String, isDone: Bool) {
    world.trace("\(operation) is said to be \(isDone ? "done" : "not done")")
    if isDone != (done[operation] != nil) {
      world.fault("\(operation) is said to be \(isDone ? "done" : "not done") and is not")
    }
    if !isDone { denied[operation] = "it is not among the operations" }
  }
}

extension LedgerModel {
  /// The users that the latest operation changed.
  fileprivate func changed(by change: LedgerChange) -> Set<String> {
    guard let detail = operations.last?.users, !detail.isEmpty else { return Set(change.users) }
    return Set(detail.filter { $0.result == .done }.map(\.user))
  }

  /// What runs and adjustments add up to, by user.
  var sums: [String: Int128] {
    var sums: [String: Int128] = [:]
    for row in runs { sums[row.user, default: 0] += row.run.earned }
    for row in adjustments { sums[row.user, default: 0] += Int128(row.delta) }
    return sums
  }
}
