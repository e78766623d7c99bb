import Glibc
import Points

extension LaneCore {
  /// Takes in what a client sent.
  /// - Parameter broken: the epoll set says that the connection is over.
  mutating func receive(_ slot: Int, broken: Bool, now: Int64) {
    let flags = connections[slot].flags
    if !flags.contains(.lingering),
      !flags.isDisjoint(with: [.ended, .leaving, .backlogged, .paused])
    {
      if broken { drop(slot) }
      return
    }
    let count = recv(connections[slot].descriptor, readBuffer.baseAddress, readBuffer.count, 0)
    if count < 0 {
      if errno != EAGAIN && errno != EINTR { drop(slot) }
      return
    }
    if flags.contains(.lingering) {
      if count == 0 { drop(slot) }
      return
    }
    if count > 0 { takeBytes(count, slot, now: now) } else { takeEndOfFile(slot, now: now) }
    settle(slot, now: now)
  }

  private mutating func takeBytes(_ count: Int, _ slot: Int, now: Int64) {
    bytesReceived += count
    connections[slot].lastByte = Self.milliseconds(now)
    if !connections[slot].flags.contains(.said) { takeFirstByte(slot) }
    let bytes = UnsafeBufferPointer(rebasing: readBuffer[..<count]).span
    var offset = 0
    while let event = connections[slot].parser.next(in: bytes, from: &offset) {
      switch event {
      case .request(let request): take(request, ended: true, slot, now: now)
      case .lateTerminator: takeLateTerminator(slot)
      case .tooLong: takeTooLong(slot)
      }
      if connections[slot].flags.contains(.leaving) { return }
    }
    if let request = connections[slot].parser.endOfRead() {
      take(request, ended: false, slot, now: now)
    } else if connections[slot].parser.isLineIncomplete, !connections[slot].parser.isTyping {
      silences.append(ticket(slot), now: now)
    }
  }

  /// From the first byte on nothing is sent unasked.
  private mutating func takeFirstByte(_ slot: Int) {
    connections[slot].flags.insert(.said)
    if connections[slot].flags.contains(.greetingOwed) {
      connections[slot].flags.remove(.greetingOwed)
      owed.removeAll(of: &connections[slot].owed)
    }
  }

  private mutating func takeEndOfFile(_ slot: Int, now: Int64) {
    connections[slot].flags.insert(.ended)
    if let request = connections[slot].parser.takeIncomplete() {
      take(request, ended: false, slot, now: now)
    } else {
      greet(slot, now: now)
    }
  }

  /// Owes the line to a client that has said nothing, once.
  mutating func greet(_ slot: Int, now: Int64) {
    let flags = connections[slot].flags
    guard flags.isDisjoint(with: [.said, .greetingOwed, .greetingCounts, .leaving]) else { return }
    connections[slot].flags.insert(.greetingOwed)
    ask(.greeting, ended: true, slot, now: now)
  }

  /// Takes one request.
  /// - Parameter ended: whether its terminator came.
  mutating func take(_ request: WireProtocol.Request, ended: Bool, _ slot: Int, now: Int64) {
    let wasGreeted = connections[slot].flags.contains(.greetingCounts)
    connections[slot].flags.remove([.greetingCounts, .lacksLineFeed])
    if wasGreeted && request == .line && !ended { return count(1, slot) }
    if !ended { connections[slot].flags.insert(.lacksLineFeed) }
    switch request {
    case .line: ask(.line, ended: ended, slot, now: now)
    case .json: ask(.json, ended: ended, slot, now: now)
    case .watch:
      connections[slot].flags.remove(.lacksLineFeed)
      ask(.watch, ended: true, slot, now: now)
    case .ping: owe(.pong, ended: ended, slot, now: now)
    case .help: owe(.help, ended: ended, slot, now: now)
    case .unknown: owe(.invalid, ended: ended, slot, now: now)
    case .quit: connections[slot].flags.insert(.leaving)
    }
  }

  private mutating func takeLateTerminator(_ slot: Int) {
    guard connections[slot].flags.contains(.lacksLineFeed) else { return }
    connections[slot].flags.remove(.lacksLineFeed)
    if connections[slot].owed.isEmpty {
      output.append([0x0A])
    } else {
      owed.endNewest(of: connections[slot].owed)
    }
  }

  private mutating func takeTooLong(_ slot: Int) {
    owe(.tooLong, ended: false, slot, now: 0)
    connections[slot].flags.insert(.leaving)
  }

  /// Owes an answer that needs a row.
  private mutating func ask(_ kind: OwedKind, ended: Bool, _ slot: Int, now: Int64) {
    let isInGroup = owed.newestGroup(of: connections[slot].owed) == gate.gatheringGroup
    switch gate.ask(isInGroup ? nil : ticket(slot), about: subject(of: slot)) {
    case .wait(let group):
      owed.append(kind, ended: ended, group: group, to: &connections[slot].owed)
    case .lastKnown:
      give(kind, ended: ended, times: 1, as: .lastKnown, slot, now: now)
    }
  }

  /// Owes an answer that is known already; it goes behind what is owed before.
  private mutating func owe(_ kind: OwedKind, ended: Bool, _ slot: Int, now: Int64) {
    if let group = owed.newestGroup(of: connections[slot].owed) {
      owed.append(kind, ended: ended, group: group, to: &connections[slot].owed)
    } else {
      give(kind, ended: ended, times: 1, as: .fresh, slot, now: now)
    }
  }
}
