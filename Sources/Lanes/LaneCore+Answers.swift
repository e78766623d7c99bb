import Points

extension LaneCore {
  /// Where the value in an answer comes from.
  enum Source {
    /// A row that was read after the request.
    case fresh
    /// The last known value, sent with its age.
    case lastKnown
  }

  /// Answers everything that waits for groups up to `group`.
  mutating func answer(_ tickets: [UInt64], upTo group: UInt64, as source: Source, now: Int64) {
    answeredGroup = max(answeredGroup, group)
    for ticket in tickets {
      guard let slot = connections.slot(of: ticket) else { continue }
      while !connections[slot].pending.isEmpty {
        let node = pending.front(of: connections[slot].pending)
        guard node.group <= answeredGroup else { break }
        writeReply(node.kind, ended: node.ended, times: Int(node.count), as: source, slot, now: now)
        pending.removeFront(of: &connections[slot].pending)
      }
      flush(slot, now: now)
    }
  }

  /// Appends replies to the output for a connection.
  mutating func writeReply(
    _ kind: ReplyKind, ended: Bool, times: Int, as source: Source, _ slot: Int, now: Int64
  ) {
    let isGreeting = kind == .greeting
    if !isGreeting { count(times, slot) }
    switch kind {
    case .pong: writeText(WireProtocol.pong, ended: ended, times: times)
    case .help: writeText(WireProtocol.help, ended: ended, times: times)
    case .invalid: writeText(WireProtocol.invalidCommand, ended: ended, times: times)
    case .tooLong: writeText(WireProtocol.requestTooLong, ended: ended, times: times)
    case .line, .json, .watch, .greeting:
      let user = user(of: slot)
      let text =
        source == .fresh
        ? users[user].freshAnswer(json: kind == .json)
        : users[user].staleAnswer(json: kind == .json, now: now)
      for _ in 0..<times { output.append(text, leavingOut: ended ? 0 : 1) }
      if source == .lastKnown { tally.staleAnswers += times }
      if kind == .watch { startWatching(slot) }
    }
    if isGreeting { connections[slot].greeting = .sent }
  }

  private mutating func writeText(_ text: [UInt8], ended: Bool, times: Int) {
    for _ in 0..<times {
      output.append(text)
      if ended { output.append([0x0A]) }
    }
  }

  /// Counts answered requests.
  mutating func count(_ requests: Int, _ slot: Int) {
    listeners[Int(connections[slot].listener)].addRequests(requests)
    tally.answers += requests
  }

  // MARK: Watching

  private mutating func startWatching(_ slot: Int) {
    let user = user(of: slot)
    connections[slot].seenVersion = users[user].version
    guard !connections[slot].isWatching else { return }
    connections[slot].watcherIndex = Int32(users[user].watchers.count)
    users[user].watchers.append(connections.token(slot))
  }

  mutating func stopWatching(_ slot: Int) {
    let user = user(of: slot)
    let index = Int(connections[slot].watcherIndex)
    connections[slot].watcherIndex = -1
    guard let last = users[user].watchers.popLast() else { return }
    guard index < users[user].watchers.count else { return }
    users[user].watchers[index] = last
    connections[Token.index(last)].watcherIndex = Int32(index)
  }

  /// Broadcasts the newest line to the watchers of a user. Who has not read the line before yet gets
  /// the newest later, and those between never.
  mutating func updateWatchers(of user: Int, now: Int64) {
    // From the end, because the last watcher takes the index of one whose connection breaks.
    for index in users[user].watchers.indices.reversed() {
      let slot = Token.index(users[user].watchers[index])
      if !connections[slot].isBacklogged { updateWatcher(slot, now: now) }
    }
  }

  /// Sends the newest line to a watcher that has not seen it.
  mutating func updateWatcher(_ slot: Int, now: Int64) {
    let user = user(of: slot)
    let phase = connections[slot].phase
    guard connections[slot].seenVersion != users[user].version,
      phase == .open || phase == .peerClosed
    else { return }
    connections[slot].seenVersion = users[user].version
    output.append(users[user].freshAnswer(json: false))
    flush(slot, now: now)
  }
}
