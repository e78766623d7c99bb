import Glibc
import Points
import Synchronization

extension LaneCore {
  /// What the wrapping milliseconds of `Connection.lastByte` are made of.
  static func milliseconds(_ moment: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: moment / 1_000_000)
  }

  func ticket(_ slot: Int) -> UInt64 { Token.connection(slot, connections[slot].generation) }

  /// The slot a ticket was made for; nil when that connection is gone.
  func slot(of ticket: UInt64) -> Int? {
    let slot = Token.index(ticket)
    guard slot < connections.count, connections[slot].descriptor >= 0,
      connections[slot].generation == Token.generation(ticket)
    else { return nil }
    return slot
  }

  func subject(of slot: Int) -> Int { listeners[Int(connections[slot].listener)].subject }

  /// Takes an accepted client into a slot and into the epoll set; nil when the kernel refuses.
  mutating func makeConnection(_ descriptor: Int32, listener: Int, refused: Bool) -> Int? {
    let slot: Int
    if freeConnection >= 0 {
      slot = Int(freeConnection)
      freeConnection = connections[slot].listener
    } else {
      slot = connections.count
      connections.append(Connection())
    }
    let generation = connections[slot].generation
    connections[slot] = Connection()
    connections[slot].generation = generation
    connections[slot].listener = Int32(listener)
    connections[slot].descriptor = descriptor
    connections[slot].interest = .read
    if refused { connections[slot].flags.insert(.refused) }
    guard events.add(descriptor, token: ticket(slot), .read) else {
      release(slot)
      return nil
    }
    return slot
  }

  /// Ends a connection at once.
  mutating func drop(_ slot: Int) {
    let flags = connections[slot].flags
    if flags.contains(.watching) { stopWatching(slot) }
    if flags.contains(.backlogged) { backlogs[slot] = nil }
    owed.removeAll(of: &connections[slot].owed)
    if flags.contains(.refused) {
      refusedConnections -= 1
    } else {
      connectionEnded(of: Int(connections[slot].listener))
    }
    release(slot)
  }

  private mutating func connectionEnded(of index: Int) {
    quota.giveBack(listeners[index].quotaKey)
    listeners[index].connections -= 1
    listeners[index].counters.connections.store(
      listeners[index].connections, ordering: .relaxed)
    if listeners[index].connections == 0 {
      giveBackServer(index)
      news += listeners[index].whenClosed
      listeners[index].whenClosed = []
    }
  }

  private mutating func release(_ slot: Int) {
    // Closing takes the descriptor out of the epoll set: nobody else holds a copy of it.
    Glibc.close(connections[slot].descriptor)
    connections[slot].descriptor = -1
    connections[slot].generation = (connections[slot].generation + 1) & 0x7FFF_FFFF
    connections[slot].listener = freeConnection
    freeConnection = Int32(slot)
  }

  /// Sends what was put together for a connection, ends it if it is done, and tells the epoll set
  /// what is wanted of it now.
  mutating func settle(_ slot: Int, now: Int64) {
    sendOutput(slot, now: now)
    guard connections[slot].descriptor >= 0 else { return }
    let flags = connections[slot].flags
    if !flags.isDisjoint(with: [.ended, .leaving]), !flags.contains(.lingering),
      connections[slot].owed.isEmpty, !flags.contains(.backlogged)
    {
      if flags.contains(.ended) { return drop(slot) }
      linger(slot, now: now)
    }
    if connections[slot].owed.count >= Self.owedLimit {
      connections[slot].flags.insert(.paused)
    } else {
      connections[slot].flags.remove(.paused)
    }
    updateInterest(slot)
  }

  private mutating func updateInterest(_ slot: Int) {
    let flags = connections[slot].flags
    var wanted: EventSet.Interest = []
    if flags.contains(.lingering)
      || flags.isDisjoint(with: [.ended, .leaving, .backlogged, .paused])
    {
      wanted.insert(.read)
    }
    if flags.contains(.backlogged) { wanted.insert(.write) }
    guard wanted != connections[slot].interest else { return }
    connections[slot].interest = wanted
    events.change(connections[slot].descriptor, token: ticket(slot), to: wanted)
  }

  /// Ends our side and waits a moment for the client to end its own.
  private mutating func linger(_ slot: Int, now: Int64) {
    connections[slot].flags.insert(.lingering)
    Glibc.shutdown(connections[slot].descriptor, Int32(SHUT_WR))
    lingerings.append(ticket(slot), now: now)
  }

  /// The connection's server stops: what the client said is answered, then it is closed.
  mutating func dismiss(_ slot: Int, now: Int64) {
    let before = bytesReceived
    if connections[slot].flags.isDisjoint(with: [.ended, .leaving, .backlogged, .paused]) {
      receive(slot, broken: false, now: now)
      guard connections[slot].descriptor >= 0 else { return }
      if !connections[slot].parser.isTyping,
        let request = connections[slot].parser.takeIncomplete()
      {
        take(request, ended: false, slot, now: now)
      }
    }
    let flags = connections[slot].flags
    if flags.contains(.lingering) { return }
    // A client that has nothing under way loses nothing by a plain close.
    if bytesReceived == before && connections[slot].owed.isEmpty && output.count == 0
      && !flags.contains(.backlogged)
    {
      return drop(slot)
    }
    connections[slot].flags.insert(.leaving)
    settle(slot, now: now)
  }
}
