/// The connections of one share, and who makes room when it is full. Pure.
///
/// One place is kept free while that is possible: a connection is accepted before anything is known
/// of it, so the room for it has to be there already.
struct ShareTable<Identifier: Hashable> {
  /// What a connection does, as far as making room goes.
  enum Activity: Sendable, Hashable {
    /// Accepted and not set up yet: never closed to make room. A channel closed before its set-up
    /// fails the listener that accepted it.
    case arriving
    /// Nothing is under way.
    case idle
    /// A request has begun and not come to its end. A slow one makes room when no idle one can.
    case receiving
    /// A request is being answered: never closed to make room.
    case answering
    /// The peer has taken nothing of an answer for a while: makes room like an idle one.
    case stalled

    /// Who makes room first; nil for those who never do.
    fileprivate var rank: Int? {
      switch self {
      case .idle, .stalled: 0
      case .receiving: 1
      case .arriving, .answering: nil
      }
    }
  }

  /// What has to happen when a connection was offered.
  enum Admission: Equatable {
    /// It has a place; this one has to be closed for it.
    case admitted(closing: Identifier?)
    case refused
  }

  private struct Entry {
    let peer: PeerAddress?
    var activity: Activity
    /// Rises with each change, so that the smallest has been as it is for the longest time.
    var since: UInt64
    /// Asked to close; keeps its place until it has.
    var isClosing = false
  }

  let limit: Int
  /// Connections of one peer; loopback is not counted as one.
  let peerLimit: Int
  private var entries: [Identifier: Entry] = [:]
  private var peers: [PeerAddress: Int] = [:]
  private var changes: UInt64 = 0
  private var closing = 0

  init(limit: Int) {
    self.limit = limit
    peerLimit = max(limit / 2, 1)
  }

  var count: Int { entries.count }
  var hasRoom: Bool { entries.count < limit }

  /// Takes a connection in.
  /// - Parameter peer: nil for loopback and the control socket, which may have the whole share.
  mutating func admit(
    _ identifier: Identifier, peer: PeerAddress?, as activity: Activity = .arriving
  ) -> Admission {
    guard hasRoom else { return .refused }
    var victim: Identifier?
    if let peer, peers[peer, default: 0] >= peerLimit {
      victim = oldest { _, entry in entry.peer == peer }
      guard let victim else { return .refused }
      close(victim)
    }
    changes += 1
    entries[identifier] = Entry(peer: peer, activity: activity, since: changes)
    if let peer { peers[peer, default: 0] += 1 }
    return .admitted(closing: victim ?? makeRoom(sparing: identifier))
  }

  /// A connection does something else now.
  /// - Returns: a connection that has to be closed, because there is no room and it became idle.
  mutating func change(_ identifier: Identifier, to activity: Activity) -> Identifier? {
    guard let before = entries[identifier]?.activity else { return nil }
    changes += 1
    entries[identifier]?.activity = activity
    entries[identifier]?.since = changes
    switch activity {
    case .arriving, .answering: return nil
    // Who has just arrived has not had its turn.
    case .idle where before == .arriving: return makeRoom(sparing: identifier)
    case .receiving: return makeRoom(sparing: identifier)
    // Those who wait for a place have it before those who were given theirs meanwhile.
    case .stalled: return lacksRoom ? close(identifier) : nil
    case .idle: return makeRoom(sparing: identifier) ?? makeRoom(sparing: nil)
    }
  }

  /// A connection is closed, or has moved to another share.
  mutating func remove(_ identifier: Identifier) {
    guard let entry = entries.removeValue(forKey: identifier) else { return }
    if entry.isClosing { closing -= 1 } else { forget(entry.peer) }
  }

  /// Chooses the one that makes room, when it is lacking.
  private mutating func makeRoom(sparing spared: Identifier?) -> Identifier? {
    guard lacksRoom, let victim = oldest(where: { identifier, _ in identifier != spared })
    else { return nil }
    return close(victim)
  }

  /// There is no room, and none is on its way.
  private var lacksRoom: Bool { entries.count >= limit && closing == 0 }

  @discardableResult
  private mutating func close(_ identifier: Identifier) -> Identifier {
    forget(entries[identifier]?.peer)
    entries[identifier]?.isClosing = true
    closing += 1
    return identifier
  }

  private mutating func forget(_ peer: PeerAddress?) {
    guard let peer, let count = peers[peer] else { return }
    peers[peer] = count > 1 ? count - 1 : nil
  }

  /// The one that has been idle or stalled for the longest time; else the request that has been
  /// coming in for the longest.
  private func oldest(where isEligible: (Identifier, Entry) -> Bool) -> Identifier? {
    var oldest: [Int: (identifier: Identifier, since: UInt64)] = [:]
    for (identifier, entry) in entries {
      guard let rank = entry.activity.rank, !entry.isClosing,
        entry.since < oldest[rank]?.since ?? .max, isEligible(identifier, entry)
      else { continue }
      oldest[rank] = (identifier, entry.since)
    }
    return (oldest[0] ?? oldest[1])?.identifier
  }
}
