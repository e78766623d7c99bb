import Points

extension LaneCore {
  /// Takes in what a client sent.
  /// - Parameter broken: the epoll set says that the connection is over.
  mutating func receive(_ slot: Int, broken: Bool, now: Int64) {
    let isLingering = connections[slot].phase == .lingering
    guard isLingering || connections[slot].isRead else {
      if broken { drop(slot) }
      return
    }
    switch transport.receive(from: connections[slot].descriptor, into: readBuffer) {
    case .nothingYet: return
    case .broken: return drop(slot)
    case .endOfFile:
      if isLingering { return drop(slot) }
      takeEndOfFile(slot, now: now)
    case .bytes(let count):
      if isLingering { return }
      takeBytes(count, slot, now: now)
    }
    flush(slot, now: now)
  }

  private mutating func takeBytes(_ count: Int, _ slot: Int, now: Int64) {
    bytesReceived += count
    connections[slot].lastByte = Self.milliseconds(now)
    endGreeting(slot)
    let bytes = UnsafeBufferPointer(rebasing: readBuffer[..<count]).span
    var offset = 0
    while let event = connections[slot].parser.next(in: bytes, from: &offset) {
      switch event {
      case .request(let request): take(request, ended: true, slot, now: now)
      case .lateTerminator: takeLateTerminator(slot)
      case .tooLong: takeTooLong(slot)
      }
      if connections[slot].phase != .open { return }
    }
    if let request = connections[slot].parser.endOfRead() {
      take(request, ended: false, slot, now: now)
    } else if connections[slot].parser.isLineIncomplete, !connections[slot].parser.isTyping {
      silences.append(connections.token(slot), now: now)
    }
  }

  /// From the first byte on nothing is sent unasked.
  private mutating func endGreeting(_ slot: Int) {
    switch connections[slot].greeting {
    case .sent, .over: return
    case .pending: pending.removeAll(of: &connections[slot].pending)
    case .possible: break
    }
    connections[slot].greeting = .over
  }

  private mutating func takeEndOfFile(_ slot: Int, now: Int64) {
    connections[slot].phase = .peerClosed
    if let request = connections[slot].parser.takeIncomplete() {
      take(request, ended: false, slot, now: now)
    } else {
      greet(slot, now: now)
    }
  }

  /// Sends the line to a client that has sent nothing, once.
  mutating func greet(_ slot: Int, now: Int64) {
    let phase = connections[slot].phase
    guard connections[slot].greeting == .possible, phase == .open || phase == .peerClosed
    else { return }
    connections[slot].greeting = .pending
    ask(.greeting, ended: true, slot, now: now)
  }

  /// Takes one request.
  /// - Parameter ended: whether its terminator came.
  mutating func take(_ request: WireProtocol.Request, ended: Bool, _ slot: Int, now: Int64) {
    if logsConnections { logConnection("\(request) requested", slot) }
    connections[slot].requests &+= 1
    connections[slot].lastRequest = request
    connections[slot].lastRequestTime = Self.seconds(now)
    let wasGreeted = connections[slot].greeting == .sent
    connections[slot].greeting = .over
    connections[slot].lacksLineFeed = false
    if wasGreeted && request == .line && !ended { return count(1, slot) }
    connections[slot].lacksLineFeed = !ended
    switch request {
    case .line: ask(.line, ended: ended, slot, now: now)
    case .json: ask(.json, ended: ended, slot, now: now)
    case .watch:
      connections[slot].lacksLineFeed = false
      ask(.watch, ended: true, slot, now: now)
    case .ping: enqueueReply(.pong, ended: ended, slot, now: now)
    case .help: enqueueReply(.help, ended: ended, slot, now: now)
    case .unknown: enqueueReply(.invalid, ended: ended, slot, now: now)
    case .quit: beginClosing(slot)
    }
  }

  private mutating func takeLateTerminator(_ slot: Int) {
    guard connections[slot].lacksLineFeed else { return }
    connections[slot].lacksLineFeed = false
    if connections[slot].pending.isEmpty {
      output.append([0x0A])
    } else {
      pending.endNewest(of: connections[slot].pending)
    }
  }

  private mutating func takeTooLong(_ slot: Int) {
    enqueueReply(.tooLong, ended: false, slot, now: 0)
    beginClosing(slot)
  }

  /// Enqueues a reply that needs a row.
  private mutating func ask(_ kind: ReplyKind, ended: Bool, _ slot: Int, now: Int64) {
    let isInGroup =
      pending.newestGroup(of: connections[slot].pending) == readBatcher.gatheringGroup
    switch readBatcher.ask(isInGroup ? nil : connections.token(slot), about: user(of: slot)) {
    case .wait(let group):
      pending.append(kind, ended: ended, group: group, to: &connections[slot].pending)
    case .lastKnown:
      writeReply(kind, ended: ended, times: 1, as: .lastKnown, slot, now: now)
    }
  }

  /// Enqueues a reply that needs none: it goes behind what is pending.
  private mutating func enqueueReply(_ kind: ReplyKind, ended: Bool, _ slot: Int, now: Int64) {
    if let group = pending.newestGroup(of: connections[slot].pending) {
      pending.append(kind, ended: ended, group: group, to: &connections[slot].pending)
    } else {
      writeReply(kind, ended: ended, times: 1, as: .fresh, slot, now: now)
    }
  }
}
