import Points

/// The moments at which a user's points are sampled for a chart: evenly spaced up to the last one
/// wanted, at most as many as asked for, at least a second apart.
struct SamplingPlan: Sendable, Hashable {
  /// The first moment, in milliseconds since 1970-01-01 UTC.
  let start: Int64
  /// Between two moments, in milliseconds; a whole number of seconds.
  let step: Int64
  let count: Int

  /// - Parameters:
  ///   - from: first moment wanted.
  ///   - to: last moment wanted; never later than `nowMilliseconds`.
  ///   - limit: the largest number of moments; 2 are taken for less.
  /// Returns nil when the span is empty or in the future.
  init?(from: Int64, to: Int64, limit: Int, nowMilliseconds: Int64) {
    let to = min(to, nowMilliseconds)
    guard from <= to else { return nil }
    let steps = Int64(max(limit, 2) - 1)
    let seconds = max(1, (to - from + steps * 1000 - 1) / (steps * 1000))
    self.step = seconds * 1000
    self.count = Int((to - from) / step) + 1
    self.start = to - Int64(count - 1) * step
  }

  func moment(_ index: Int) -> Int64 { start + Int64(index) * step }

  /// The first sample that shows what happened at a moment; 0 for all before the first.
  func bucket(of milliseconds: Int64) -> Int {
    milliseconds <= start ? 0 : Int((milliseconds - start + step - 1) / step)
  }
}

/// A run with the time it was open.
struct DatedRun: Sendable, Hashable {
  let run: Run
  let openedMilliseconds: Int64
  /// nil while it is open.
  let closedMilliseconds: Int64?

  func isOpen(at moment: Int64) -> Bool {
    openedMilliseconds <= moment && moment < closedMilliseconds ?? Int64.max
  }

  /// What it had earned by a moment.
  func earned(by moment: Int64) -> Int128 {
    let slot = min(max(run.terms.slot(at: moment), run.first), run.last)
    return Int128(slot - run.first) * Int128(run.terms.points)
  }
}

extension [HistoryPoint] {
  /// A user's points at the moments of a plan; nil before the user existed.
  /// - Parameters:
  ///   - since: when the user began to exist, in milliseconds; nil where the ledger has nothing of the user.
  ///   - base: points at the first moment.
  ///   - runs: those that are open or earn in more than one bucket.
  ///   - changes: everything else that changed points, summed by bucket.
  init(
    sampling plan: SamplingPlan, since: Int64?, base: Int128, runs: [DatedRun],
    changes: [Int: Int128]
  ) {
    var changed = base
    let earnedBefore = runs.map { $0.earned(by: plan.start) }.reduce(0, +)
    self = (0..<plan.count).map { index in
      let moment = plan.moment(index)
      if index > 0 { changed += changes[index] ?? 0 }
      let stamp = DateTimeStamp(millisecondsSinceEpoch: moment)
      let earning = runs.contains { $0.isOpen(at: moment) }
      // A stamp has whole seconds: a user that began within one had in it what came before.
      guard earning || since.map({ $0 - $0 % 1000 <= moment }) ?? false else {
        return HistoryPoint(stamp: stamp, points: nil, earning: false)
      }
      let earned = runs.map { $0.earned(by: moment) }.reduce(0, +) - earnedBefore
      return HistoryPoint(
        stamp: stamp, points: Int64(clamping: changed + earned), earning: earning)
    }
  }
}
