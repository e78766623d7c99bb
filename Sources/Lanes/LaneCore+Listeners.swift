import CLinux
import Glibc
import Logging
import Points
import Synchronization

extension LaneCore {
  /// Opens a listening socket and takes it into the epoll set.
  mutating func openListener(
    _ specification: ListenerSpecification, onFault: @escaping @Sendable (String) -> Void,
    now: Int64
  ) throws(ListenerError) -> (place: ListenerPlace, port: Int, counters: ListenerCounters) {
    guard let key = quota.openServer() else {
      throw ListenerError.because("socket", EMFILE, specification)
    }
    let socket: (descriptor: Int32, port: Int)
    do throws(ListenerError) {
      socket = try ListeningSocket.open(specification)
    } catch {
      quota.closeServer(key)
      throw error
    }
    let index = listeners.firstIndex(where: \.isFree) ?? listeners.count
    let generation =
      index < listeners.count ? (listeners[index].generation + 1) & 0x7FFF_FFFF : 0
    let place = ListenerPlace(index: index, generation: generation)
    guard events.add(socket.descriptor, token: Token.listener(place), .read) else {
      let number = errno
      Glibc.close(socket.descriptor)
      quota.closeServer(key)
      throw ListenerError.because("epoll_ctl", number, specification)
    }
    let record = ListenerRecord(
      descriptor: socket.descriptor, generation: generation,
      subject: subject(named: specification.user),
      label: "\(specification.server) (\(specification.user), port \(socket.port))",
      quotaKey: key, counters: ListenerCounters(), onFault: onFault)
    if index < listeners.count { listeners[index] = record } else { listeners.append(record) }
    if limits.idleSeconds > 0 && idleChecks.next == nil { idleChecks.append(0, now: now) }
    return (place, socket.port, record.counters)
  }

  /// The place of a user among the subjects, which is made when the user is first heard of.
  mutating func subject(named name: String) -> Int {
    if let known = subjectByName[name] { return known }
    subjects.append(Subject(name: name))
    subjectByName[name] = subjects.count - 1
    return subjects.count - 1
  }

  var openListeners: [ListenerPlace] {
    listeners.indices.filter { !listeners[$0].isFree }.map {
      ListenerPlace(index: $0, generation: listeners[$0].generation)
    }
  }

  // MARK: Accepting

  /// A listening socket has clients, or is broken.
  mutating func acceptClients(of place: ListenerPlace, now: Int64) {
    guard let index = openIndex(place), let refusal = acceptWaiting(index, now: now) else { return }
    switch refusal {
    case EMFILE, ENFILE, ENOBUFS, ENOMEM: waitForDescriptors(index, refusal, now: now)
    default: listenerBroke(index, refusal, now: now)
    }
  }

  /// Accepts who waits, up to a batch.
  /// - Returns: the system's error number when the listener cannot accept.
  private mutating func acceptWaiting(_ index: Int, now: Int64) -> Int32? {
    for _ in 0..<EventSet.batch {
      let client = clinux_accept4(
        listeners[index].descriptor, nil, nil,
        Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
      if client >= 0 {
        admit(client, to: index, now: now)
        continue
      }
      switch errno {
      case EAGAIN: return nil
      // Not the listener's trouble but the client's, which has gone again, or the network's.
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, EHOSTUNREACH,
        EOPNOTSUPP, ENETUNREACH, EPERM:
        continue
      default: return errno
      }
    }
    return nil
  }

  private func openIndex(_ place: ListenerPlace) -> Int? {
    guard place.index < listeners.count else { return nil }
    let record = listeners[place.index]
    return record.generation == place.generation && record.descriptor >= 0 ? place.index : nil
  }

  private mutating func admit(_ client: Int32, to index: Int, now: Int64) {
    let refused =
      listeners[index].connections >= limits.connectionsPerServer
      || !quota.take(listeners[index].quotaKey)
    guard let slot = makeConnection(client, listener: index, refused: refused) else {
      if !refused { quota.giveBack(listeners[index].quotaKey) }
      return
    }
    if refused { return refuse(slot, now: now) }
    tally.accepted += 1
    listeners[index].connections += 1
    listeners[index].counters.connections.store(
      listeners[index].connections, ordering: .relaxed)
    connections[slot].lastByte = Self.milliseconds(now)
    greetings.append(ticket(slot), now: now)
  }

  private mutating func refuse(_ slot: Int, now: Int64) {
    tally.refused += 1
    output.append(WireProtocol.tooManyConnections)
    connections[slot].flags.insert(.leaving)
    refusedConnections += 1
    if refusedConnections > quota.refusals {
      sendOutput(slot, now: now)
      drop(slot)
    } else {
      settle(slot, now: now)
    }
  }

  // MARK: Want of descriptors

  /// A listener that stays ready while nothing can be accepted would keep the lane busy for
  /// nothing: it is left alone for a moment.
  private mutating func waitForDescriptors(_ index: Int, _ number: Int32, now: Int64) {
    if acceptRetries.next == nil {
      logger.warning(
        """
        accepting clients of \(listeners[index].label) waits: \(SystemFault("accept4", number)); \
        raise the limit of open files (LimitNOFILE, ulimit -n)
        """, metadata: ["event": "descriptors"])
      acceptRetries.append(0, now: now)
    }
    listeners[index].waitsForDescriptors = true
    setInterest(ofListener: index, to: [])
  }

  /// Tries again to accept clients.
  mutating func acceptAgain() {
    for index in listeners.indices where listeners[index].waitsForDescriptors {
      listeners[index].waitsForDescriptors = false
      if listeners[index].descriptor >= 0 { setInterest(ofListener: index, to: .read) }
    }
  }

  private func setInterest(ofListener index: Int, to interest: EventSet.Interest) {
    let place = ListenerPlace(index: index, generation: listeners[index].generation)
    events.change(listeners[index].descriptor, token: Token.listener(place), to: interest)
  }

  // MARK: Closing

  private mutating func listenerBroke(_ index: Int, _ number: Int32, now: Int64) {
    let reason = "\(listeners[index].label) stopped listening: \(SystemFault("accept4", number))"
    let onFault = listeners[index].onFault
    news.append { onFault(reason) }
    closeListener(
      ListenerPlace(index: index, generation: listeners[index].generation), now: now
    ) {}
  }

  /// Closes a listener at once, and each of its connections when it has got what it is owed.
  /// - Parameter whenClosed: called after the last of them is closed.
  mutating func closeListener(
    _ place: ListenerPlace, now: Int64, whenClosed: @escaping @Sendable () -> Void
  ) {
    guard place.index < listeners.count, listeners[place.index].generation == place.generation
    else { return news.append(whenClosed) }
    if listeners[place.index].descriptor >= 0 {
      // Clients that the kernel has accepted for us are ours: they may have asked already.
      _ = acceptWaiting(place.index, now: now)
      closeSocket(place.index)
      drains.append(Token.listener(place), now: now)
      for slot in slots(of: place.index) { dismiss(slot, now: now) }
    }
    guard listeners[place.index].connections > 0 else { return news.append(whenClosed) }
    listeners[place.index].whenClosed.append(whenClosed)
  }

  private mutating func closeSocket(_ index: Int) {
    guard listeners[index].descriptor >= 0 else { return }
    Glibc.close(listeners[index].descriptor)
    listeners[index].descriptor = -1
    giveBackServer(index)
  }

  /// Gives the server's part of the quota back when its socket and its clients are gone.
  func giveBackServer(_ index: Int) {
    guard listeners[index].descriptor < 0, listeners[index].connections == 0 else { return }
    quota.closeServer(listeners[index].quotaKey)
  }

  private func slots(of listener: Int) -> [Int] {
    connections.indices.filter {
      connections[$0].descriptor >= 0 && connections[$0].listener == Int32(listener)
    }
  }

  /// The listener's clients had their time to take what they are owed.
  mutating func drainEnded(_ place: ListenerPlace) {
    guard listeners[place.index].generation == place.generation else { return }
    for slot in slots(of: place.index) { drop(slot) }
  }

  /// Closes whatever is still open, without a word.
  mutating func closeEverything() {
    for index in listeners.indices { closeSocket(index) }
    for slot in connections.indices where connections[slot].descriptor >= 0 { drop(slot) }
    tellNews()
  }
}
