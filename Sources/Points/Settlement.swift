/// What one change does to a user's account: first everything up to the present is credited, then
/// the change is made. Pure arithmetic; the ledger reads the account and writes the result in one
/// transaction under the user's lock.
public struct Settlement: Sendable, Hashable {
  /// An entry for the table of adjustments.
  public struct Adjustment: Sendable, Hashable {
    public let delta: Int64
    /// nil: what the caller gave as reason.
    public let reason: String?

    public init(delta: Int64, reason: String?) {
      self.delta = delta
      self.reason = reason
    }
  }

  /// Points afterwards.
  public private(set) var points: Int64
  /// The row is new, or its points changed.
  public private(set) var rowChanges: Bool
  /// The slot the open run is credited up to; nil where it stays.
  public private(set) var credited: Int64?
  /// The open run is closed, for this reason.
  public private(set) var closing: String?
  /// A run is opened.
  public private(set) var opened: Run?
  /// What was asked.
  public private(set) var adjustments: [Adjustment] = []
  /// What happened beside it, for operators; each is kept as an adjustment of zero.
  public private(set) var notices: [String] = []
  /// What is lost if the open run is closed now.
  private var withoutRoom: String?

  /// Settles an account and makes a change.
  ///
  /// Throws `LedgerError.refused` when points would leave the range of 0 to the largest BIGINT.
  /// - Parameters:
  ///   - nowMilliseconds: the database's clock, read once under the lock.
  ///   - maximumCatchUpMilliseconds: a longer gap is not credited.
  ///   - reason: why a run is closed.
  public init(
    of account: UserAccount, run target: RunTarget, points correction: PointsChange,
    nowMilliseconds: Int64, maximumCatchUpMilliseconds: Int64, reason: String
  ) throws(LedgerError) {
    self.points = 0
    self.rowChanges = account.rowIsMissing
    if account.rowIsMissing, account.isKnown {
      notices.append(
        "the row of \(account.user) in user_tracking was missing and was made again"
          + " with the \(account.points) points the ledger says")
    }
    var total = account.points
    if let run = account.openRun {
      total += credit(
        run, account: account, correction: correction, nowMilliseconds: nowMilliseconds,
        maximumCatchUpMilliseconds: maximumCatchUpMilliseconds)
    }
    try correct(&total, account.user, by: correction)
    guard let points = Int64(exactly: total), points >= 0 else {
      throw .refused(
        "\(account.user) would have \(total) points; they stay between 0 and \(Int64.max)")
    }
    self.points = points
    if total != account.points { rowChanges = true }
    arrangeRun(account, target, nowMilliseconds: nowMilliseconds, reason: reason)
  }

  /// Credits what was earned up to the present; returns how much.
  private mutating func credit(
    _ run: Run, account: UserAccount, correction: PointsChange, nowMilliseconds: Int64,
    maximumCatchUpMilliseconds: Int64
  ) -> Int128 {
    let passed = max(0, run.terms.slot(at: nowMilliseconds) - run.last)
    let creditable = run.terms.creditableSlots(
      maximumCatchUpMilliseconds: maximumCatchUpMilliseconds)
    guard passed <= creditable else {
      let seconds = passed * run.terms.intervalMilliseconds / 1000
      closing = "gap of \(seconds) s, longer than the longest catch-up"
      notices.append(
        "\(account.user) was not credited for \(seconds) s"
          + " (\(passed) intervals of \(run.terms.points) points): the gap is longer than"
          + " maximumCatchUpSeconds, \(maximumCatchUpMilliseconds / 1000)")
      return 0
    }
    // At the top of BIGINT only what fits is credited, so that stopping and correcting stay possible.
    let room: Int128 =
      switch correction {
      case .zero: Int128.max
      case .asEarned: Int128(Int64.max) - account.points
      case .changed(let delta): Int128(Int64.max) - account.points - Int128(min(0, delta))
      }
    let fitting = min(Int128(passed), max(0, room / Int128(run.terms.points)))
    if fitting < Int128(passed) {
      withoutRoom =
        "\(account.user) lost \(Int128(passed) - fitting) intervals of \(run.terms.points) points:"
        + " points end at \(Int64.max)"
    }
    if fitting > 0 { credited = run.last + Int64(fitting) }
    return fitting * Int128(run.terms.points)
  }

  private mutating func correct(
    _ total: inout Int128, _ user: String, by correction: PointsChange
  ) throws(LedgerError) {
    switch correction {
    case .asEarned: return
    case .zero:
      // One adjustment holds at most a BIGINT; what was just earned may go beyond it.
      while total > 0 {
        let part = Int64(clamping: total)
        adjustments.append(Adjustment(delta: -part, reason: nil))
        total -= Int128(part)
      }
      if adjustments.isEmpty { adjustments.append(Adjustment(delta: 0, reason: nil)) }
    case .changed(let delta):
      guard total + Int128(delta) >= 0 else {
        throw .refused(
          "\(user) has \(total) points, so \(delta) would leave it below 0; nothing was changed")
      }
      total += Int128(delta)
      adjustments.append(Adjustment(delta: delta, reason: nil))
    }
  }

  /// Closes and opens runs as targeted, and after a gap that was written off.
  private mutating func arrangeRun(
    _ account: UserAccount, _ target: RunTarget, nowMilliseconds: Int64, reason: String
  ) {
    let present = account.openRun
    let next: AccrualTerms?
    switch target {
    case .unchanged: next = closing == nil ? nil : present?.terms
    case .closed:
      next = nil
      if present != nil, closing == nil { closing = reason }
    case .open(let terms):
      if present?.terms != terms, present != nil, closing == nil { closing = reason }
      next = present == nil || closing != nil ? terms : nil
    }
    if closing != nil, let withoutRoom { notices.append(withoutRoom) }
    guard let next else { return }
    var ends = account.latestEndMilliseconds
    if let present {
      let end = (credited ?? present.last) * present.terms.intervalMilliseconds
      ends = max(end, ends ?? end)
    }
    opened = Run(opening: next, nowMilliseconds: nowMilliseconds, latestEndMilliseconds: ends)
  }
}
