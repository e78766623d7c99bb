import Glibc
import Logging
import Points

extension LaneCore {
  /// Opens a listening socket and takes it into the epoll set.
  mutating func openListener(
    _ specification: ListenerSpecification, onFault: @escaping @Sendable (String) -> Void,
    now: Int64
  ) throws(ListenerError) -> (handle: ListenerHandle, port: Int, counters: ListenerCounters) {
    guard let key = quota.openServer() else {
      throw ListenerError.because("socket", EMFILE, specification)
    }
    let socket: (descriptor: Int32, port: Int)
    do throws(ListenerError) {
      socket = try transport.listen(specification)
    } catch {
      quota.closeServer(key)
      throw error
    }
    let handle = listeners.nextHandle
    if let number = transport.register(socket.descriptor, token: Token.listener(handle)) {
      transport.close(socket.descriptor)
      quota.closeServer(key)
      throw ListenerError.because("epoll_ctl", number, specification)
    }
    let record = ListenerRecord(
      descriptor: socket.descriptor, user: users.index(of: specification.user),
      label: "\(specification.server) (\(specification.user), port \(socket.port))",
      quotaKey: key, onFault: onFault)
    listeners.insert(record, as: handle)
    if limits.idleSeconds > 0 && idleChecks.next == nil { idleChecks.append(0, now: now) }
    return (handle, socket.port, record.counters)
  }

  // MARK: Accepting

  /// A listening socket has clients, or is broken.
  mutating func acceptClients(of handle: ListenerHandle, now: Int64) {
    guard let index = listeners.index(of: handle), listeners[index].isListening else { return }
    switch acceptWaiting(index, now: now) {
    case .exhausted(let number): waitForDescriptors(index, number, now: now)
    case .broken(let number): listenerBroke(index, number, now: now)
    case .client, .noneWaiting, .clientFailed: break
    }
  }

  /// Accepts who waits, up to a batch.
  /// - Returns: what ended it.
  @discardableResult
  private mutating func acceptWaiting(_ index: Int, now: Int64) -> AcceptResult {
    for _ in 0..<EventSet.batch {
      let result = transport.accept(from: listeners[index].descriptor)
      switch result {
      case .client(let client, let peer): admit(client, peer, to: index, now: now)
      case .clientFailed: continue
      case .noneWaiting, .exhausted, .broken: return result
      }
    }
    return .noneWaiting
  }

  private mutating func admit(_ client: Int32, _ peer: PeerAddress, to index: Int, now: Int64) {
    let isRefused =
      listeners[index].connections >= limits.connectionsPerServer
      || !quota.take(listeners[index].quotaKey)
    guard let slot = makeConnection(client, peer: peer, listener: index) else {
      if !isRefused { quota.giveBack(listeners[index].quotaKey) }
      return
    }
    if logsConnections { logConnection(isRefused ? "refused" : "connected", slot) }
    if isRefused { return refuse(slot, now: now) }
    tally.accepted += 1
    listeners[index].addConnections(1)
    connections[slot].accepted = Self.seconds(now)
    connections[slot].lastByte = Self.milliseconds(now)
    greetings.append(connections.token(slot), now: now)
  }

  private mutating func refuse(_ slot: Int, now: Int64) {
    tally.refused += 1
    output.append(WireProtocol.tooManyConnections)
    connections[slot].isRefused = true
    beginClosing(slot)
    refusedConnections += 1
    if refusedConnections > quota.refusals {
      sendOutput(slot)
      if connections[slot].isOpen { drop(slot) }
    } else {
      flush(slot, now: now)
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
      if listeners[index].isListening { setInterest(ofListener: index, to: .read) }
    }
  }

  private func setInterest(ofListener index: Int, to interest: EventSet.Interest) {
    transport.setInterest(
      interest, of: listeners[index].descriptor, token: Token.listener(listeners.handle(index)))
  }

  // MARK: Closing

  private mutating func listenerBroke(_ index: Int, _ number: Int32, now: Int64) {
    let reason = "\(listeners[index].label) stopped listening: \(SystemFault("accept4", number))"
    let onFault = listeners[index].onFault
    deferredCallbacks.append { onFault(reason) }
    closeListener(listeners.handle(index), now: now) {}
  }

  /// Closes a listener at once, and each of its connections when what is pending is sent.
  /// - Parameter whenClosed: called after the last of them is closed.
  mutating func closeListener(
    _ handle: ListenerHandle, now: Int64, whenClosed: @escaping @Sendable () -> Void
  ) {
    guard let index = listeners.index(of: handle) else {
      return deferredCallbacks.append(whenClosed)
    }
    if listeners[index].isListening {
      // Clients that the kernel has accepted for us are ours: they may have asked already.
      acceptWaiting(index, now: now)
      closeSocket(index)
      drains.append(Token.listener(handle), now: now)
      for slot in connections.openSlots(of: index) { dismiss(slot, now: now) }
    }
    guard listeners[index].connections > 0 else { return deferredCallbacks.append(whenClosed) }
    listeners[index].whenClosed.append(whenClosed)
  }

  private mutating func closeSocket(_ index: Int) {
    guard listeners[index].isListening else { return }
    transport.close(listeners[index].descriptor)
    listeners[index].descriptor = -1
    giveBackServer(index)
  }

  /// Gives the server's part of the quota back when its socket and its clients are gone.
  func giveBackServer(_ index: Int) {
    if listeners[index].isGone { quota.closeServer(listeners[index].quotaKey) }
  }

  /// The listener's clients had their time to take what is pending.
  mutating func drainEnded(_ handle: ListenerHandle) {
    guard let index = listeners.index(of: handle) else { return }
    for slot in connections.openSlots(of: index) { drop(slot) }
  }

  /// Closes whatever is still open, without a word.
  mutating func closeEverything() {
    for index in listeners.indices { closeSocket(index) }
    for slot in connections.openSlots { drop(slot) }
    runDeferredCallbacks()
  }
}
