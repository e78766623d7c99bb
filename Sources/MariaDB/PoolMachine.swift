/// Who gets which connection, without connections, clocks or waiting: events go in, decisions
/// come out.
struct PoolMachine {
  /// What a caller who wants a connection is to do.
  enum Decision: Equatable {
    /// Use this idle connection; ping it first when it was idle for long.
    case use(Int, pingFirst: Bool)
    /// Open a new one and tell `connected` or `connectFailed`.
    case connect
    case wait
    /// Connecting failed a moment ago: do not try before the pause is over.
    case refuse
  }

  /// Who is woken, and with what.
  enum Wake: Equatable {
    case use(waiter: Int, connection: Int)
    case connect(waiter: Int)
  }

  let size: Int
  private(set) var idle: [(connection: Int, sinceMilliseconds: Int64)] = []
  /// Open or being opened, and not idle.
  private(set) var busy = 0
  /// Waiters in the order they came.
  private(set) var waiters: [Int] = []
  private(set) var failures = 0
  private var retryAtMilliseconds: Int64 = 0

  /// An idle connection is pinged before use after so long.
  static let idlePingMilliseconds: Int64 = 5000
  static let firstPauseMilliseconds: Int64 = 100
  static let longestPauseMilliseconds: Int64 = 2000

  init(size: Int) {
    self.size = size
  }

  /// Somebody wants a connection.
  mutating func acquire(waiter: Int, nowMilliseconds: Int64) -> Decision {
    if waiters.isEmpty, let entry = idle.popLast() {
      busy += 1
      let idleFor = nowMilliseconds - entry.sinceMilliseconds
      return .use(entry.connection, pingFirst: idleFor >= Self.idlePingMilliseconds)
    }
    if busy + idle.count < size {
      if failures > 0, nowMilliseconds < retryAtMilliseconds { return .refuse }
      busy += 1
      return .connect
    }
    waiters.append(waiter)
    return .wait
  }

  /// A connection was opened by the caller who was told to.
  mutating func connected() {
    failures = 0
  }

  /// Connecting failed.
  /// - Parameter jitter: 0 to 1; up to half is taken off the pause.
  /// - Returns: who may try next.
  mutating func connectFailed(nowMilliseconds: Int64, jitter: Double) -> [Wake] {
    failures += 1
    let pause = min(
      Self.firstPauseMilliseconds << Int64(min(failures - 1, 8)), Self.longestPauseMilliseconds)
    retryAtMilliseconds = nowMilliseconds + pause - Int64(Double(pause / 2) * jitter)
    return freed()
  }

  /// A connection is given back whole.
  mutating func release(_ connection: Int, nowMilliseconds: Int64) -> [Wake] {
    if !waiters.isEmpty {
      return [.use(waiter: waiters.removeFirst(), connection: connection)]
    }
    busy -= 1
    idle.append((connection, nowMilliseconds))
    return []
  }

  /// A connection broke and is gone.
  mutating func lost() -> [Wake] { freed() }

  /// A waiter gave up. False when it has been served meanwhile.
  mutating func giveUp(waiter: Int) -> Bool {
    guard let index = waiters.firstIndex(of: waiter) else { return false }
    waiters.remove(at: index)
    return true
  }

  /// Forgets the idle connections, for closing them.
  mutating func drainIdle() -> [Int] {
    defer { idle = [] }
    return idle.map(\.connection)
  }

  /// A place is free: the first waiter may connect.
  private mutating func freed() -> [Wake] {
    guard !waiters.isEmpty else {
      busy -= 1
      return []
    }
    return [.connect(waiter: waiters.removeFirst())]
  }
}
