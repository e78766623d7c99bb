import Glibc
import Points
import Synchronization

extension LaneCore {
  /// Where the value in an answer comes from.
  enum Source {
    /// A row that was read after the request.
    case fresh
    /// The last known value, told with its age.
    case lastKnown
  }

  /// Answers everything that waits for groups up to `group`.
  mutating func answer(_ tickets: [UInt64], upTo group: UInt64, as source: Source, now: Int64) {
    answeredGroup = max(answeredGroup, group)
    for ticket in tickets {
      guard let slot = slot(of: ticket) else { continue }
      while !connections[slot].owed.isEmpty {
        let node = owed.front(of: connections[slot].owed)
        guard node.group <= answeredGroup else { break }
        give(node.kind, ended: node.ended, times: Int(node.count), as: source, slot, now: now)
        owed.removeFront(of: &connections[slot].owed)
      }
      settle(slot, now: now)
    }
  }

  /// Puts answers behind what is to be sent to a connection.
  mutating func give(
    _ kind: OwedKind, ended: Bool, times: Int, as source: Source, _ slot: Int, now: Int64
  ) {
    let isGreeting = kind == .greeting
    if !isGreeting { count(times, slot) }
    switch kind {
    case .pong: giveText(WireProtocol.pong, ended: ended, times: times)
    case .help: giveText(WireProtocol.help, ended: ended, times: times)
    case .invalid: giveText(WireProtocol.invalidCommand, ended: ended, times: times)
    case .tooLong: giveText(WireProtocol.requestTooLong, ended: ended, times: times)
    case .line, .json, .watch, .greeting:
      let subject = subject(of: slot)
      let text =
        source == .fresh
        ? subjects[subject].freshAnswer(json: kind == .json)
        : subjects[subject].staleAnswer(json: kind == .json, now: now)
      for _ in 0..<times { output.append(text, leavingOut: ended ? 0 : 1) }
      if source == .lastKnown { tally.staleAnswers += times }
      if kind == .watch { startWatching(slot) }
    }
    if isGreeting {
      connections[slot].flags.remove(.greetingOwed)
      connections[slot].flags.insert(.greetingCounts)
    }
  }

  private mutating func giveText(_ text: [UInt8], ended: Bool, times: Int) {
    for _ in 0..<times {
      output.append(text)
      if ended { output.append([0x0A]) }
    }
  }

  /// Counts answered requests.
  mutating func count(_ requests: Int, _ slot: Int) {
    let listener = Int(connections[slot].listener)
    listeners[listener].requests += requests
    listeners[listener].counters.requests.store(
      listeners[listener].requests, ordering: .relaxed)
    tally.answers += requests
  }

  // MARK: Watching

  private mutating func startWatching(_ slot: Int) {
    let subject = subject(of: slot)
    connections[slot].seenVersion = subjects[subject].version
    guard !connections[slot].flags.contains(.watching) else { return }
    connections[slot].flags.insert(.watching)
    connections[slot].watcherIndex = Int32(subjects[subject].watchers.count)
    subjects[subject].watchers.append(ticket(slot))
  }

  mutating func stopWatching(_ slot: Int) {
    let subject = subject(of: slot)
    let index = Int(connections[slot].watcherIndex)
    guard let last = subjects[subject].watchers.popLast() else { return }
    guard index < subjects[subject].watchers.count else { return }
    subjects[subject].watchers[index] = last
    connections[Token.index(last)].watcherIndex = Int32(index)
  }

  /// Sends the newest line to everybody who watches and has not seen it. Who has not read the one
  /// before yet gets it later, and only the newest.
  mutating func tellWatchers(of subject: Int, now: Int64) {
    // From the end, because a connection that breaks meanwhile gives its place to the last one.
    for index in subjects[subject].watchers.indices.reversed() {
      let slot = Token.index(subjects[subject].watchers[index])
      if !connections[slot].flags.contains(.backlogged) { tellWatcher(slot, now: now) }
    }
  }

  /// Sends the newest line to a watcher that has not seen it.
  mutating func tellWatcher(_ slot: Int, now: Int64) {
    let subject = subject(of: slot)
    let isOver = !connections[slot].flags.isDisjoint(with: [.leaving, .lingering])
    guard connections[slot].seenVersion != subjects[subject].version, !isOver else { return }
    connections[slot].seenVersion = subjects[subject].version
    output.append(subjects[subject].freshAnswer(json: false))
    settle(slot, now: now)
  }
}
