/// The life of one user's server, without sockets or clocks: events go in, actions come out.
///
/// The vocabulary is that of Erlang's supervisors and s6: a server is asked to run or not, and
/// whatever happens to its listener in between is mended by trying again with growing pauses.
/// Actions are to be carried out one after the other, each finished before the next, so that a
/// `close` also meets the listener of an `open` that was still under way.
struct ServerMachine: Sendable, Hashable {
  /// Where the server stands.
  enum State: Sendable, Hashable {
    case stopped
    /// The listener is being opened.
    case starting
    case running
    /// Opening failed or the listener died; tried again after a pause.
    case backingOff(reason: String)
    /// Another try cannot help until something is changed.
    case failed(reason: String)
    /// The listener is being closed; `thenStart` when it is opened again afterwards.
    case stopping(thenStart: Bool)
  }

  /// What can happen to a server.
  enum Event: Sendable, Hashable {
    case startAsked
    case stopAsked
    case restartAsked
    case opened
    case openFailed(reason: String, retryable: Bool)
    /// An open listener stopped working by itself.
    case died(reason: String)
    case closed
    /// The pause that `Action.retry` asked for is over.
    case retryDue
  }

  /// What the shell around the machine is to do.
  enum Action: Sendable, Hashable {
    case open
    case close
    /// Send `retryDue` after this many milliseconds.
    case retry(afterMilliseconds: Int64)
    case cancelRetry
  }

  private(set) var state: State = .stopped
  /// Faults since the server last ran for `steadyMilliseconds`.
  private(set) var failures = 0
  private var openedAtMilliseconds: Int64 = 0

  /// The first pause; it doubles with each failure.
  static let firstPauseMilliseconds: Int64 = 250
  /// The longest pause.
  static let longestPauseMilliseconds: Int64 = 30_000
  /// A server that ran for so long has recovered: its next fault starts with the first pause.
  static let steadyMilliseconds: Int64 = 10_000

  /// Takes one event and says what to do.
  /// - Parameters:
  ///   - nowMilliseconds: a clock that never goes back.
  ///   - jitter: 0 to 1, drawn by the caller; up to a quarter is taken off a pause, so that many
  ///     servers do not try at the same moment.
  mutating func handle(
    _ event: Event, nowMilliseconds: Int64, jitter: Double
  ) -> [Action] {
    switch (state, event) {
    case (.stopped, .startAsked), (.stopped, .restartAsked), (.failed, .startAsked),
      (.failed, .restartAsked):
      failures = 0
      state = .starting
      return [.open]
    case (.backingOff, .startAsked), (.backingOff, .restartAsked):
      failures = 0
      state = .starting
      return [.cancelRetry, .open]
    case (.backingOff, .retryDue):
      state = .starting
      return [.open]
    case (.backingOff, .stopAsked):
      state = .stopped
      return [.cancelRetry]
    case (.failed, .stopAsked):
      state = .stopped
      return []

    case (.starting, .opened):
      openedAtMilliseconds = nowMilliseconds
      state = .running
      return []
    case (.starting, .openFailed(let reason, let retryable)):
      return fail(reason, retryable: retryable, jitter: jitter)
    case (.starting, .stopAsked):
      state = .stopping(thenStart: false)
      return [.close]

    case (.running, .died(let reason)):
      if nowMilliseconds - openedAtMilliseconds >= Self.steadyMilliseconds { failures = 0 }
      return [.close] + fail(reason, retryable: true, jitter: jitter)
    case (.running, .stopAsked):
      state = .stopping(thenStart: false)
      return [.close]
    case (.running, .restartAsked):
      failures = 0
      state = .stopping(thenStart: true)
      return [.close]

    case (.stopping, .startAsked), (.stopping, .restartAsked):
      state = .stopping(thenStart: true)
      return []
    case (.stopping, .stopAsked):
      state = .stopping(thenStart: false)
      return []
    case (.stopping(let thenStart), .closed):
      state = thenStart ? .starting : .stopped
      return thenStart ? [.open] : []

    case (.starting, .startAsked), (.starting, .restartAsked), (.running, .startAsked),
      (.stopped, .stopAsked), (.stopping, .openFailed), (.stopping, .died):
      return []
    // What arrives late from a listener or timer that the state has left behind.
    case (_, .opened), (_, .openFailed), (_, .died), (_, .closed), (_, .retryDue):
      return []
    }
  }

  private mutating func fail(_ reason: String, retryable: Bool, jitter: Double) -> [Action] {
    guard retryable else {
      state = .failed(reason: reason)
      return []
    }
    failures += 1
    state = .backingOff(reason: reason)
    let doublings = min(failures - 1, 16)
    let pause = min(Self.firstPauseMilliseconds << Int64(doublings), Self.longestPauseMilliseconds)
    return [.retry(afterMilliseconds: pause - Int64(Double(pause / 4) * jitter))]
  }
}
