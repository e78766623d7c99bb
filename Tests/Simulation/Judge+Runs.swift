import LedgerModel
import Points

// The rule: a run opens and closes only by what was asked, and earns every slot in between.
extension Judge {
  /// - Parameter cause: nil where it is not known whether it is wanted still.
  func checkRuns(
    _ before: LedgerModel, _ after: LedgerModel, now: Int64, _ cause: DatabaseServer.Cause?
  ) {
    for index in before.runs.indices where before.runs[index] != after.runs[index] {
      check(before.runs[index], after.runs[index], after, now, cause)
    }
    for index in before.runs.count..<after.runs.count {
      let opened = after.runs[index]
      // Where earlier runs end, those closed just now among them.
      let ends = after.runs[..<index].filter { $0.user == opened.user }.map(\.run.endMilliseconds)
      let begin = max(now, ends.max() ?? now)
      let slot = begin / opened.run.terms.intervalMilliseconds
      if opened.run.first != slot || opened.run.last != slot {
        world.fault("the run of \(opened.user) begins at slot \(opened.run.first), not \(slot)")
      }
      checkOpening(opened, after, cause)
    }
  }

  private func check(
    _ before: LedgerModel.RunRow, _ after: LedgerModel.RunRow, _ ledger: LedgerModel, _ now: Int64,
    _ cause: DatabaseServer.Cause?
  ) {
    let user = before.user
    if !before.isOpen { world.fault("a closed run of \(user) was changed") }
    if after.run.first != before.run.first || after.run.terms != before.run.terms {
      world.fault("the run of \(user) was made another one")
    }
    let slot = now / before.run.terms.intervalMilliseconds
    let isGap =
      (slot - before.run.last) * before.run.terms.intervalMilliseconds
      > ledger.maximumCatchUpMilliseconds && slot - before.run.last > 1
    let expected = isGap ? before.run.last : max(before.run.last, slot)
    if after.run.last != expected {
      world.fault("\(user) is credited up to slot \(after.run.last), not \(expected)")
    }
    if !after.isOpen, !isGap { checkClosing(after, ledger, cause) }
  }

  private func checkClosing(
    _ run: LedgerModel.RunRow, _ after: LedgerModel, _ cause: DatabaseServer.Cause?
  ) {
    let user = run.user
    switch cause {
    case nil: break
    case .close(let daemon):
      if !stopping.contains(daemon) {
        world.fault("the run of \(user) was closed though nobody asked (\(run.closing ?? ""))")
      }
    case .tick, .serve, .void: world.fault("the run of \(user) was closed though nobody asked")
    case .repair(let daemon, _, let closing):
      if closing.contains(user) {
        let owners = configured.filter { $0.value[user] != nil }.keys
        let servers = after.served.values.filter { $0.users.contains(user) }.map(\.name)
        if !owners.isEmpty, !servers.isEmpty {
          world.fault("daemon \(daemon) closed the run of \(user), whom \(servers) serves")
        }
      } else {
        checkEarning(user, run.run.terms, isOpen: false, after, daemon: daemon)
      }
    // What a change and a reload close is what was asked.
    case .change, .restore, .hand: break
    }
  }

  private func checkOpening(
    _ run: LedgerModel.RunRow, _ after: LedgerModel, _ cause: DatabaseServer.Cause?
  ) {
    for (daemon, users) in ended where users.contains(run.user) {
      let others = after.served.filter { $0.key != "daemon \(daemon)" }.values
      guard !others.contains(where: { $0.users.contains(run.user) }) else { continue }
      world.fault("the run of \(run.user) is opened after daemon \(daemon) ended with status 0")
    }
    guard case .repair(let daemon, _, _) = cause else { return }
    checkEarning(run.user, run.run.terms, isOpen: true, after, daemon: daemon)
  }

  /// What is asked of users after a change follows from what was asked before, or `--profile`.
  func checkIntents(
    of change: LedgerChange, _ users: Set<String>, _ before: LedgerModel, _ after: LedgerModel
  ) {
    guard case .change(let asked, _) = change.work, asked.isIntent else { return }
    for user in users {
      let account = configured.values.compactMap { $0[user] }.first
      guard let account, let present = effective(account, before) else { continue }
      let wanted = asked.applied(to: present)
      let found = after.intents[user]
      if wanted?.running != found?.running || wanted?.paused != found?.paused {
        world.fault("\(asked.word) \(user) left \(String(describing: found))")
      }
      if let wanted, wanted.earning != (after.openRuns[user] != nil) {
        world.fault("\(asked.word) \(user) left the run \(wanted.earning ? "closed" : "open")")
      }
    }
  }

  /// A repair opens and closes what was asked last, or what `--profile` says.
  private func checkEarning(
    _ user: String, _ terms: AccrualTerms, isOpen: Bool, _ ledger: LedgerModel, daemon: Int
  ) {
    guard let account = configured[daemon]?[user], account.terms == terms else { return }
    let earning = earns(account, ledger)
    guard let earning, earning != isOpen else { return }
    world.fault(
      "daemon \(daemon) \(isOpen ? "opened" : "closed") the run of \(user) against what was asked")
  }

  /// Whether a user is to earn; nil where that is unclear.
  func earns(_ account: LedgerUser, _ ledger: LedgerModel) -> Bool? {
    effective(account, ledger)?.earning
  }

  /// Whether a user is to run; nil where `--profile` and what was asked came too close together to
  /// say which was first.
  private func effective(_ account: LedgerUser, _ ledger: LedgerModel) -> EffectiveIntent? {
    let asked =
      ledger.intents[account.name].map { EffectiveIntent(running: $0.running, paused: $0.paused) }
      ?? EffectiveIntent(running: true, paused: false)
    // Here the revision is the moment since which the profile holds.
    guard let profile = account.override else { return asked }
    let overridden = EffectiveIntent(running: profile.running, paused: false)
    guard let last = lastIntent[account.name] else { return overridden }
    let daemon = configured.first { $0.value[account.name] != nil }?.key
    guard let read = daemon.flatMap({ firstReadings[$0] }),
      lastRestore.map({ abs($0 - last) > Self.unclear }) ?? true
    else { return nil }
    if last > max(read, profile.revision) + Self.unclear { return asked }
    return last < profile.revision ? overridden : nil
  }

  /// How long after its first look at the ledger a daemon may take to know it.
  private static let unclear: Int64 = 8000
}
