import Dispatch
import Synchronization

/// Hands log records to a sink that may block, so that nobody who logs waits for who reads.
///
/// Records wait in a bounded queue. When it is full the oldest ones are dropped and counted, as are
/// those that the sink cannot take. It gets a note with their number when it takes records again.
final class LogWriter<Record: Sendable>: Sendable {
  /// How much may wait.
  struct Limits: Sendable {
    /// Records; 1 or more.
    var records = 8192
    /// Bytes of all of them. One record may always wait, however long it is.
    var bytes = 2 << 20
  }

  private struct State {
    var waiting: [Record] = []
    /// Where the oldest of `waiting` is; what stands before it was taken.
    var first = 0
    var bytes = 0
    /// Not noted yet, and one of them, as a pattern for the note.
    var dropped = 0
    var pattern: Record?
    /// Whether the queue runs `drain`.
    var isDraining = false
    var flushers: [DispatchSemaphore] = []
    var report: (@Sendable (Int) -> Void)?
    /// Dropped while nobody had asked for a report.
    var unreported = 0

    var count: Int { waiting.count - first }
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "pointsd.log")
  private let limits: Limits
  private let size: @Sendable (Record) -> Int
  private let note: @Sendable (_ count: Int, _ pattern: Record) -> Record
  private let sink: @Sendable (Record) -> Bool

  /// - Parameters:
  ///   - size: how many bytes a record takes.
  ///   - note: says that so many records were dropped, in the form of one of them.
  ///   - sink: takes one record at a time, on one queue; may block. Returns whether it took it.
  init(
    limits: Limits = Limits(), size: @escaping @Sendable (Record) -> Int,
    note: @escaping @Sendable (_ count: Int, _ pattern: Record) -> Record,
    sink: @escaping @Sendable (Record) -> Bool
  ) {
    self.limits = limits
    self.size = size
    self.note = note
    self.sink = sink
  }

  /// Takes a record; never waits for the sink.
  func write(_ record: Record) {
    let (starts, dropped, report) = state.withLock { state in
      state.waiting.append(record)
      state.bytes += size(record)
      let dropped = trim(&state)
      let starts = !state.isDraining
      state.isDraining = true
      guard dropped > 0 else { return (starts, 0, state.report) }
      if state.report == nil { state.unreported += dropped }
      return (starts, dropped, state.report)
    }
    if starts { queue.async { self.drain() } }
    if dropped > 0 { report?(dropped) }
  }

  /// Waits until everything that was taken so far is with the sink.
  /// - Returns: false when that took longer than `timeout`.
  @discardableResult
  func flush(within timeout: DispatchTimeInterval) -> Bool {
    let emptied = state.withLock { state -> DispatchSemaphore? in
      guard state.isDraining else { return nil }
      let emptied = DispatchSemaphore(value: 0)
      state.flushers.append(emptied)
      return emptied
    }
    return emptied?.wait(timeout: .now() + timeout) != .timedOut
  }

  /// Calls `report` with the number of records whenever some are dropped, those included that were
  /// dropped before this call.
  func reportDropped(to report: @escaping @Sendable (Int) -> Void) {
    let earlier = state.withLock { state in
      state.report = report
      defer { state.unreported = 0 }
      return state.unreported
    }
    if earlier > 0 { report(earlier) }
  }

  private func drain() {
    // After a failure the next record is tried, not the note of it again and again.
    var notes = true
    while let (record, missing) = next(noting: notes) {
      notes = sink(record)
      if !notes { lose(record, standingFor: missing) }
    }
  }

  /// Counts a record that the sink did not take.
  /// - Parameter missing: how many a note stands for, which were reported before; nil for a record.
  private func lose(_ record: Record, standingFor missing: Int?) {
    let report = state.withLock { state -> (@Sendable (Int) -> Void)? in
      state.dropped += missing ?? 1
      state.pattern = record
      guard missing == nil else { return nil }
      if state.report == nil { state.unreported += 1 }
      return state.report
    }
    report?(1)
  }

  /// The record for the sink, and how many a note stands for; nil when none waits, and then `drain`
  /// ends.
  private func next(noting: Bool) -> (Record, missing: Int?)? {
    state.withLock { state in
      if noting, let pattern = state.pattern, state.count > 0 {
        defer { (state.dropped, state.pattern) = (0, nil) }
        return (note(state.dropped, pattern), state.dropped)
      }
      guard state.count > 0 else {
        state.isDraining = false
        for flusher in state.flushers { flusher.signal() }
        state.flushers = []
        return nil
      }
      return (removeOldest(&state), nil)
    }
  }

  /// Drops the oldest records over the limits; returns how many.
  private func trim(_ state: inout State) -> Int {
    var dropped = 0
    while state.count > limits.records || (state.bytes > limits.bytes && state.count > 1) {
      state.pattern = removeOldest(&state)
      dropped += 1
    }
    state.dropped += dropped
    return dropped
  }

  private func removeOldest(_ state: inout State) -> Record {
    let record = state.waiting[state.first]
    state.first += 1
    state.bytes -= size(record)
    // Moving the rest costs little as long as it is done rarely.
    if state.first == state.waiting.count || state.first > limits.records {
      state.waiting.removeFirst(state.first)
      state.first = 0
    }
    return record
  }
}
