import Points

/// An adjustment as a history needs it.
struct DatedAdjustment: Sendable, Hashable {
  /// Since 1970-01-01 UTC.
  let milliseconds: Int64
  let delta: Int64
}

extension [HistoryPoint] {
  /// The last updates of a user, oldest first: credited slots and adjustments, each with the points
  /// after it, so that the newest has the present points.
  /// - Parameters:
  ///   - limit: the largest number of points.
  ///   - points: the present points.
  ///   - runs: by their end, latest first; as many as may be needed.
  ///   - adjustments: latest first.
  init(
    latest limit: Int, points: Int64, runs: [Run], adjustments: [DatedAdjustment]
  ) {
    var points = Int128(points)
    var slots = SlotsBackwards(runs)
    var adjustments = adjustments[...]
    self = []
    while count < limit {
      let moment: Int64
      let delta: Int128
      // What was earned by the moment of a change was settled before it.
      if let adjustment = adjustments.first,
        adjustment.milliseconds >= slots.milliseconds ?? Int64.min
      {
        adjustments.removeFirst()
        (moment, delta) = (adjustment.milliseconds, Int128(adjustment.delta))
      } else if let boundary = slots.milliseconds {
        (moment, delta) = (boundary, Int128(slots.points))
        slots.step()
      } else {
        break
      }
      append(
        HistoryPoint(
          stamp: DateTimeStamp(millisecondsSinceEpoch: moment), points: Int64(clamping: points)))
      points -= delta
    }
    reverse()
  }
}

/// Walks over the credited boundaries of runs, latest first.
private struct SlotsBackwards {
  private var runs: ArraySlice<Run>
  private var slot: Int64 = 0

  init(_ runs: [Run]) {
    self.runs = runs.filter { $0.last > $0.first }[...]
    self.slot = self.runs.first?.last ?? 0
  }

  /// The boundary's moment; nil when all have been walked over.
  var milliseconds: Int64? { runs.first.map { slot * $0.terms.intervalMilliseconds } }

  /// What the boundary was worth.
  var points: Int64 { runs.first?.terms.points ?? 0 }

  mutating func step() {
    guard let run = runs.first else { return }
    slot -= 1
    guard slot <= run.first else { return }
    runs.removeFirst()
    slot = runs.first?.last ?? 0
  }
}
