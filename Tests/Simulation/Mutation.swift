import Points

/// The faults that earlier versions had, to be put back one at a time: each must be found.
enum Mutation: String, CaseIterable {
  /// The error of the last try hides that an earlier one may have gone through.
  case doubtIsHidden = "doubt-is-hidden"
  /// The same of a reload.
  case doubtOfReloadIsHidden = "doubt-of-reload-is-hidden"
  /// Whether a change was made is looked up, not written.
  case doubtEndedByReading = "doubt-ended-by-reading"
  /// A change that is sent again is made again.
  case unrecognisedRepetition = "unrecognised-repetition"
  /// A group's users whose rows were locked are called done.
  case lockedIsDone = "locked-is-done"
  /// `points = points + 10`, however often it is sent.
  case tickPaysEachTime = "tick-pays-each-time"
  /// What was not credited in time is never credited.
  case lateTickLosesSlots = "late-tick-loses-slots"
  /// A run opened after the clock was set back is paid for time that was paid before.
  case clockBackPaysTwice = "clock-back-pays-twice"
  /// A daemon that was killed is taken to have stopped earning.
  case startClosesRuns = "start-closes-runs"
  /// Nothing is noticed but the daemon's own changes.
  case digestIsBlind = "digest-is-blind"
  /// Rows are read at another moment than the rest.
  case staleRows = "stale-rows"
  /// `--profile` holds against what was asked later.
  case profileForEver = "profile-for-ever"
  /// Whom other daemons serve is not looked at.
  case othersUnseen = "others-unseen"
  /// Triggers that are gone stay gone.
  case triggersStayMissing = "triggers-stay-missing"
  /// A clean stop takes locked rows, and lost answers, for closed runs.
  case stopCallsUnknownClosed = "stop-calls-unknown-closed"
  /// A clean stop does not see that a transaction under way may still open a run.
  case stopSeesOpenRunsOnly = "stop-sees-open-runs-only"
  /// Whether a restore took place is looked up while it may still take place.
  case restoreDoubtEndedByReading = "restore-doubt-ended-by-reading"
}

extension Mutation? {
  func hidesDoubt(about change: LedgerChange) -> Bool {
    self == .doubtIsHidden || self == .doubtOfReloadIsHidden && change.kind == "reload"
  }
}
