/// The connections of a lane, in slots that are used again.
struct ConnectionTable {
  private var connections: [Connection] = []
  /// The head of the list of free slots; -1 when there is none.
  private var firstFree: Int32 = -1

  /// Slots ever made: the most connections at a time.
  var capacity: Int { connections.count }

  var openSlots: [Int] { connections.indices.filter { connections[$0].isOpen } }

  func openSlots(of listener: Int) -> [Int] {
    connections.indices.filter {
      connections[$0].isOpen && connections[$0].listener == Int32(listener)
    }
  }

  subscript(slot: Int) -> Connection {
    @inline(__always) _read { yield connections[slot] }
    @inline(__always) _modify { yield &connections[slot] }
  }

  /// The token of the connection in a slot.
  func token(_ slot: Int) -> UInt64 { Token.connection(slot, connections[slot].generation) }

  /// The slot a token was made for; nil when that connection is gone.
  func slot(of token: UInt64) -> Int? {
    let slot = Token.index(token)
    guard slot < connections.count, connections[slot].isOpen,
      connections[slot].generation == Token.generation(token)
    else { return nil }
    return slot
  }

  /// Takes a connection into a free slot.
  mutating func insert(_ descriptor: Int32, peer: PeerAddress, listener: Int) -> Int {
    let slot: Int
    if firstFree >= 0 {
      slot = Int(firstFree)
      firstFree = connections[slot].listener
    } else {
      slot = connections.count
      connections.append(Connection())
    }
    var connection = Connection()
    connection.generation = connections[slot].generation
    connection.descriptor = descriptor
    connection.peer = peer
    connection.listener = Int32(listener)
    connections[slot] = connection
    return slot
  }

  /// Frees a slot; its tokens are stale from here on.
  mutating func remove(_ slot: Int) {
    assert(connections[slot].isOpen, "a slot is freed once")
    connections[slot].descriptor = -1
    connections[slot].generation = (connections[slot].generation + 1) & 0x7FFF_FFFF
    connections[slot].listener = firstFree
    firstFree = Int32(slot)
  }
}
