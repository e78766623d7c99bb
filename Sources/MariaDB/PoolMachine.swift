/// Who gets which connection, without connections, clocks or waiting: events go in, actions come
/// out. Times are in milliseconds of a clock that never goes back.
struct PoolMachine {
  /// What to do after an event, in this order.
  enum Action: Equatable {
    /// Open a connection for this place, then tell `connected` or `connectFailed`.
    case connect(place: Int)
    /// Ask the server whether this idle connection lives, then tell `checked`.
    case check(place: Int)
    /// Close the connection of this place; the place is gone.
    case close(place: Int)
    /// The waiter has the connection of this place until `released`.
    case grant(waiter: Int, place: Int)
    case refuse(waiter: Int, Refusal)
  }

  enum Refusal: Equatable {
    /// The deadline passed and no connection was free.
    case deadline
    /// Connecting failed, now or a moment ago.
    case unreachable
    case closed
  }

  private enum Place: Equatable {
    case connecting
    case idle(sinceMilliseconds: Int64)
    case checking
    case leased
  }

  private struct Waiter {
    let identifier: Int
    let deadlineMilliseconds: Int64
  }

  let size: Int
  private(set) var isClosed = false
  /// Failed attempts to connect since the last success.
  private(set) var failures = 0
  private var places: [Int: Place] = [:]
  private var lastPlace = 0
  private var waiters: [Waiter] = []
  private var retryAtMilliseconds: Int64 = 0

  /// An idle connection is checked after so long.
  static let checkAfterMilliseconds: Int64 = 10_000
  static let firstPauseMilliseconds: Int64 = 100
  static let longestPauseMilliseconds: Int64 = 2000

  /// - Parameter size: the largest number of connections, 1 to 64.
  init(size: Int) {
    self.size = min(max(size, 1), 64)
  }

  var waiting: Int { waiters.count }
  var idle: Int { places.values.count { if case .idle = $0 { true } else { false } } }
  var leased: Int { places.values.count { $0 == .leased } }
  /// Connections that are open, whatever they do.
  var open: Int { places.values.count { $0 != .connecting } }
  private var connecting: Int { places.count - open }

  /// When `timePassed` is due next; nil while there is nothing to wait for.
  var wakeAtMilliseconds: Int64? {
    var moments = waiters.map(\.deadlineMilliseconds)
    for case .idle(let since) in places.values {
      moments.append(since + Self.checkAfterMilliseconds)
    }
    if isPausing { moments.append(retryAtMilliseconds) }
    return moments.min()
  }

  /// Whether a connection will be opened as soon as the pause after a failure is over: for those
  /// who wait, and when there is none at all, even if nobody asks.
  private var isPausing: Bool {
    let isWanted = places.isEmpty || (waiters.count > underWay && places.count < size)
    return failures > 0 && !isClosed && isWanted
  }

  private func mayConnect(_ nowMilliseconds: Int64) -> Bool {
    !isClosed && places.count < size && (failures == 0 || nowMilliseconds >= retryAtMilliseconds)
  }
}

// MARK: - Those who want a connection

extension PoolMachine {
  /// A caller wants a connection.
  mutating func acquire(
    waiter: Int, deadlineMilliseconds: Int64, nowMilliseconds: Int64
  ) -> [Action] {
    guard !isClosed else { return [.refuse(waiter: waiter, .closed)] }
    waiters.append(Waiter(identifier: waiter, deadlineMilliseconds: deadlineMilliseconds))
    return serve(nowMilliseconds)
  }

  /// A caller does not want one any more. Nothing happens when it was served meanwhile.
  mutating func cancel(waiter: Int) {
    waiters.removeAll { $0.identifier == waiter }
  }

  /// A connection is given back.
  mutating func released(place: Int, isBroken: Bool, nowMilliseconds: Int64) -> [Action] {
    guard places[place] == .leased else { return [] }
    guard isBroken || isClosed else {
      places[place] = .idle(sinceMilliseconds: nowMilliseconds)
      return serve(nowMilliseconds)
    }
    places[place] = nil
    // What broke this one may have broken the others; to ask a dead one takes as long as to use it.
    return [.close(place: place)] + (isBroken ? closeIdle() : []) + serve(nowMilliseconds)
  }

  /// No connection is given out any more; leased ones are closed when they are given back.
  mutating func close() -> [Action] {
    guard !isClosed else { return [] }
    isClosed = true
    let refusals = waiters.map { Action.refuse(waiter: $0.identifier, .closed) }
    waiters = []
    return refusals + closeIdle()
  }

  /// Closes what nobody uses: where the network may have lost it, the next user gets a new one.
  mutating func closeIdle() -> [Action] {
    places.keys.sorted().compactMap { place in
      guard case .idle = places[place] else { return nil }
      places[place] = nil
      return .close(place: place)
    }
  }
}

// MARK: - What became of actions, and time

extension PoolMachine {
  mutating func connected(place: Int, nowMilliseconds: Int64) -> [Action] {
    guard places[place] == .connecting else { return [] }
    failures = 0
    return opened(place, nowMilliseconds)
  }

  /// - Parameter jitter: 0 to 1; up to half is taken off the pause.
  mutating func connectFailed(place: Int, nowMilliseconds: Int64, jitter: Double) -> [Action] {
    guard places[place] == .connecting else { return [] }
    places[place] = nil
    failures += 1
    let pause = min(
      Self.firstPauseMilliseconds << Int64(min(failures - 1, 8)), Self.longestPauseMilliseconds)
    retryAtMilliseconds = nowMilliseconds + pause - Int64(Double(pause / 2) * jitter)
    return serve(nowMilliseconds)
  }

  /// An idle connection was asked whether it lives.
  mutating func checked(place: Int, isAlive: Bool, nowMilliseconds: Int64) -> [Action] {
    guard places[place] == .checking else { return [] }
    if isAlive { return opened(place, nowMilliseconds) }
    places[place] = nil
    return [.close(place: place)] + serve(nowMilliseconds)
  }

  mutating func timePassed(nowMilliseconds: Int64) -> [Action] {
    let late = waiters.filter { $0.deadlineMilliseconds <= nowMilliseconds }
    waiters.removeAll { $0.deadlineMilliseconds <= nowMilliseconds }
    var actions = late.map { Action.refuse(waiter: $0.identifier, .deadline) }
    actions += checkIdle(nowMilliseconds: nowMilliseconds)
    if isPausing, mayConnect(nowMilliseconds) { actions.append(connect()) }
    return actions + serve(nowMilliseconds)
  }

  private mutating func opened(_ place: Int, _ nowMilliseconds: Int64) -> [Action] {
    guard !isClosed else {
      places[place] = nil
      return [.close(place: place)]
    }
    places[place] = .idle(sinceMilliseconds: nowMilliseconds)
    return serve(nowMilliseconds)
  }

  /// Gives what is idle to those who wait, first come, first served, and sees to it that there is
  /// a connection under way for each of the others, as far as there is room.
  private mutating func serve(_ nowMilliseconds: Int64) -> [Action] {
    var actions: [Action] = []
    while let waiter = waiters.first, let place = freshestIdle() {
      waiters.removeFirst()
      places[place] = .leased
      actions.append(.grant(waiter: waiter.identifier, place: place))
    }
    while waiters.count > underWay, mayConnect(nowMilliseconds) { actions.append(connect()) }
    // A caller that can only hope for the database to come back is refused at once.
    if !waiters.isEmpty, places.isEmpty {
      actions += waiters.map { .refuse(waiter: $0.identifier, .unreachable) }
      waiters = []
    }
    return actions
  }

  private var underWay: Int { connecting + places.values.count { $0 == .checking } }

  /// The one used last: the others are left to rest, and are checked in time.
  private func freshestIdle() -> Int? {
    var freshest: (place: Int, since: Int64)?
    for case (let place, .idle(let since)) in places {
      if let best = freshest, (best.since, best.place) > (since, place) { continue }
      freshest = (place, since)
    }
    return freshest?.place
  }

  private mutating func connect() -> Action {
    lastPlace += 1
    places[lastPlace] = .connecting
    return .connect(place: lastPlace)
  }

  private mutating func checkIdle(nowMilliseconds: Int64) -> [Action] {
    places.keys.sorted().compactMap { place in
      guard case .idle(let since) = places[place],
        since + Self.checkAfterMilliseconds <= nowMilliseconds
      else { return nil }
      places[place] = .checking
      return .check(place: place)
    }
  }
}
