import Logging
import Points

extension LaneCore {
  /// What the wrapping milliseconds of `Connection.lastByte` are made of.
  static func milliseconds(_ moment: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: moment / 1_000_000)
  }

  /// What moments are kept in that are shown and not counted with.
  static func seconds(_ moment: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: moment / 1_000_000_000)
  }

  func user(of slot: Int) -> Int { listeners[Int(connections[slot].listener)].user }

  /// Takes an accepted client into the table and the event set; nil when the kernel refuses.
  mutating func makeConnection(_ descriptor: Int32, peer: PeerAddress, listener: Int) -> Int? {
    let slot = connections.insert(descriptor, peer: peer, listener: listener)
    guard transport.register(descriptor, token: connections.token(slot)) == nil else {
      release(slot)
      return nil
    }
    return slot
  }

  /// Ends a connection at once.
  mutating func drop(_ slot: Int) {
    if logsConnections { logConnection("closed", slot) }
    if connections[slot].isWatching { stopWatching(slot) }
    if connections[slot].isBacklogged { backlogs[slot] = nil }
    pending.removeAll(of: &connections[slot].pending)
    if connections[slot].isRefused {
      refusedConnections -= 1
    } else {
      connectionEnded(of: Int(connections[slot].listener))
    }
    release(slot)
  }

  private mutating func connectionEnded(of index: Int) {
    quota.giveBack(listeners[index].quotaKey)
    listeners[index].addConnections(-1)
    if listeners[index].connections == 0 {
      giveBackServer(index)
      deferredCallbacks += listeners[index].whenClosed
      listeners[index].whenClosed = []
    }
  }

  private mutating func release(_ slot: Int) {
    transport.close(connections[slot].descriptor)
    connections.remove(slot)
  }

  /// Sends what was put together for a connection, ends it if it is done, and asks for the events
  /// that are wanted of it now.
  mutating func flush(_ slot: Int, now: Int64) {
    sendOutput(slot)
    guard connections[slot].isOpen else { return }
    if connections[slot].isDrained {
      switch connections[slot].phase {
      case .open, .lingering: break
      case .peerClosed: return drop(slot)
      case .closing: linger(slot, now: now)
      }
    }
    let wanted = connections[slot].wantedInterest
    guard wanted != connections[slot].interest else { return }
    connections[slot].interest = wanted
    transport.setInterest(
      wanted, of: connections[slot].descriptor, token: connections.token(slot))
  }

  /// Ends our side and waits a moment for the client to end its own.
  private mutating func linger(_ slot: Int, now: Int64) {
    connections[slot].phase = .lingering
    transport.endSending(connections[slot].descriptor)
    lingerings.append(connections.token(slot), now: now)
  }

  /// Nothing more is read of a connection: it ends when what is pending is sent.
  mutating func beginClosing(_ slot: Int) {
    if connections[slot].phase == .open { connections[slot].phase = .closing }
  }

  /// The connection's server stops: what the client asked is answered, then it is closed.
  mutating func dismiss(_ slot: Int, now: Int64) {
    let before = bytesReceived
    if connections[slot].isRead {
      receive(slot, broken: false, now: now)
      guard connections[slot].isOpen else { return }
      if !connections[slot].parser.isTyping,
        let request = connections[slot].parser.takeIncomplete()
      {
        take(request, ended: false, slot, now: now)
      }
    }
    if connections[slot].phase == .lingering { return }
    // A client that waits for nothing loses nothing by a plain close.
    if bytesReceived == before && connections[slot].isDrained && output.count == 0 {
      return drop(slot)
    }
    beginClosing(slot)
    flush(slot, now: now)
  }

  /// A line of the log about a connection. Callers ask for `logsConnections` first.
  func logConnection(_ event: String, _ slot: Int) {
    let listener = listeners[Int(connections[slot].listener)].label
    logger.debug(
      "client \(connections[slot].peer) of \(listener): \(event)",
      metadata: ["event": "connection"])
  }
}
