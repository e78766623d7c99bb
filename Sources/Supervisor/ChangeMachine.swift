/// The way of one change to a known outcome, without a clock and without a database: events go in,
/// actions come out.
///
/// A try whose outcome is unknown leaves a doubt, and only writing ends a doubt: the same change
/// again (found done, or done now), or the operation's id taken as void (then it can never be done
/// any more). Until then nothing is called "not done".
struct ChangeMachine: Sendable, Hashable {
  /// What one try came to.
  enum Attempt: Sendable, Hashable {
    case done
    /// A rule refused it, or another try cannot help.
    case refused
    /// Surely not done; the same may go through later.
    case notDone
    /// Surely not done: a lock was waited for in vain.
    case locked
    case unknown
  }

  /// What came of taking the operation's id.
  enum Voiding: Sendable, Hashable {
    /// The change can never be done any more.
    case voided
    /// The change was done.
    case done
    /// It could not be written, or whether it was is unknown.
    case failed
  }

  enum Event: Sendable, Hashable {
    case begin
    case attempted(Attempt)
    case voided(Voiding)
    /// The pause that was asked for is over.
    case pauseEnded
    /// Nobody waits for an answer any longer than this.
    case deadlinePassed
  }

  enum Answer: Sendable, Hashable {
    case done
    /// Not done and never will be.
    case notDone
    /// Not known yet.
    case unknown
  }

  enum Action: Sendable, Hashable {
    /// Send the change. `partial`: users that are locked are left out.
    case send(partial: Bool)
    case sendVoid
    /// Send `pauseEnded` after this many milliseconds.
    case pause(milliseconds: Int64)
    /// Answer the client.
    case answer(Answer)
    /// The outcome is known, and the change is over.
    case finish(done: Bool)
  }

  private enum Phase: Sendable, Hashable {
    case idle
    case sending
    case voiding
    case pausing
    case over
  }

  /// How long the client waits for the ledger, in milliseconds.
  static let budget: Int64 = 4000
  /// A try takes up to a second of waiting for a lock; later than this none is begun, so that it
  /// ends, and is known, within the budget.
  static let latestTry: Int64 = 2400
  /// From now on locked users of a group are left out.
  static let lockWaitLimit: Int64 = 1500
  static let longestPause: Int64 = 1000

  private var phase = Phase.idle
  /// A try's outcome is unknown.
  private var isInDoubt = false
  private var isPastDeadline = false
  private var hasAnswered = false
  /// The change was refused while in doubt, or is given up.
  private var isGivenUp = false
  private var pauses = 0

  /// Whether the outcome is unknown and was said to be.
  var isUnknown: Bool { hasAnswered && phase != .over }

  /// Takes one event and says what to do.
  /// - Parameter elapsed: milliseconds since the change was asked for.
  mutating func handle(_ event: Event, elapsed: Int64) -> [Action] {
    switch (phase, event) {
    case (.idle, .begin): return next(elapsed)
    case (.sending, .attempted(let attempt)): return attempted(attempt, elapsed)
    case (.voiding, .voided(let voiding)): return voided(voiding)
    case (.pausing, .pauseEnded): return next(elapsed)
    case (.over, _): return []
    case (_, .deadlinePassed): return deadlinePassed()
    // What arrives late from a phase that is over.
    case (_, .begin), (_, .attempted), (_, .voided), (_, .pauseEnded): return []
    }
  }

  private mutating func attempted(_ attempt: Attempt, _ elapsed: Int64) -> [Action] {
    switch attempt {
    case .done: return end(done: true)
    case .refused:
      guard isInDoubt else { return end(done: false) }
      isGivenUp = true
      return next(elapsed)
    case .notDone, .locked:
      if !isInDoubt, isPastDeadline || elapsed >= Self.latestTry { return end(done: false) }
      return pause()
    case .unknown:
      isInDoubt = true
      return pause()
    }
  }

  private mutating func voided(_ voiding: Voiding) -> [Action] {
    switch voiding {
    case .voided: end(done: false)
    case .done: end(done: true)
    case .failed: pause()
    }
  }

  private mutating func deadlinePassed() -> [Action] {
    isPastDeadline = true
    // A change that was never sent, or whose tries are all known, is known.
    if !isInDoubt, phase == .pausing || phase == .idle { return end(done: false) }
    return answer(.unknown)
  }

  /// The next thing to send.
  private mutating func next(_ elapsed: Int64) -> [Action] {
    if isInDoubt, isGivenUp || isPastDeadline {
      phase = .voiding
      return [.sendVoid]
    }
    if !isInDoubt, isPastDeadline || elapsed >= Self.latestTry { return end(done: false) }
    phase = .sending
    return [.send(partial: elapsed >= Self.lockWaitLimit)]
  }

  private mutating func pause() -> [Action] {
    phase = .pausing
    pauses += 1
    return [.pause(milliseconds: min(Self.longestPause, 25 << Int64(min(pauses, 6))))]
  }

  private mutating func answer(_ answer: Answer) -> [Action] {
    guard !hasAnswered else { return [] }
    hasAnswered = true
    return [.answer(answer)]
  }

  private mutating func end(done: Bool) -> [Action] {
    phase = .over
    return answer(done ? .done : .notDone) + [.finish(done: done)]
  }
}
