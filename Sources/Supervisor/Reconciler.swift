import Points

/// Decides what the ledger lacks: what is wanted on one side, what a snapshot shows on the other,
/// and the difference comes out. It keeps nothing but what one snapshot cannot tell by itself.
struct Reconciler: Sendable {
  /// What to do about the difference.
  struct Plan: Sendable, Hashable {
    /// Users whose account is brought to what is wanted.
    var repairs: [LedgerUser] = []
    /// Users whose run is closed because no daemon serves them any more.
    var closing: [String] = []
    /// Whether to note again whom this daemon serves.
    var serves = false
    /// Users who earn under other terms than those of the file, because a living daemon beside this one
    /// serves them as well: what a daemon was asked last stands, and none undoes it for its file.
    var foreignTerms: [String: AccrualTerms] = [:]

    var isEmpty: Bool { repairs.isEmpty && closing.isEmpty && !serves }
  }

  /// Users whose row, or intent, was missing in the snapshot before: rows are gone only if two
  /// snapshots agree.
  private var missing: Set<String> = []
  /// Users that were seen in this ledger.
  private var seen: Set<String> = []

  /// - Parameters:
  ///   - wanted: the configured users.
  ///   - snapshot: read after everything that was written before.
  ///   - reloading: users whom a reload concerns that is under way: the ledger may have them as they
  ///     will be, while `wanted` has them as they were. They are left as they are.
  mutating func plan(
    _ wanted: [LedgerUser], _ snapshot: LedgerSnapshot, excluding reloading: Set<String> = []
  ) -> Plan {
    let rows = Set(snapshot.rows.map(\.user))
    let intents = Dictionary(
      snapshot.intents.map { ($0.user, $0) }, uniquingKeysWith: { first, _ in first })
    let open = Dictionary(
      snapshot.openRuns.map { ($0.user, $0.terms) }, uniquingKeysWith: { first, _ in first })
    var plan = Plan()
    var missingNow: Set<String> = []
    let beside = snapshot.otherInstances.livingUsers
    for configured in wanted {
      let isShared = beside.contains(configured.name)
      let user = isShared ? configured.withoutOverride : configured
      let intent = intents[user.name]
      let isComplete = rows.contains(user.name) && intent != nil
      if isComplete { seen.insert(user.name) } else { missingNow.insert(user.name) }
      let isGone = !isComplete && (missing.contains(user.name) || !seen.contains(user.name))
      var terms = user.effective(under: intent).earning ? user.terms : nil
      if isShared, let present = open[user.name], terms != nil, present != terms {
        plan.foreignTerms[user.name] = present
        terms = present
      }
      if isGone || isComplete && open[user.name] != terms { plan.repairs.append(user) }
    }
    missing = missingNow
    let configured = Set(wanted.map(\.name))
    let elsewhere = snapshot.otherInstances.reduce(into: Set<String>()) { $0.formUnion($1.users) }
    plan.repairs.removeAll { reloading.contains($0.name) }
    plan.closing = open.keys.filter {
      !configured.contains($0) && !elsewhere.contains($0) && !reloading.contains($0)
    }.sorted()
    plan.serves = snapshot.served != configured
    return plan
  }

  /// Whether another look is due although nothing was found to repair.
  var isUncertain: Bool { !missing.isEmpty }

  /// Another ledger took the place of the one in use.
  mutating func forget() {
    missing = []
    seen = []
  }
}
