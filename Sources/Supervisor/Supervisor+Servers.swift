import Logging
import Points

extension Supervisor {
  /// Feeds a server's machine and carries out what it says, one action after the other.
  func handle(_ event: ServerMachine.Event, server index: Int) {
    let before = servers[index].machine.state
    let actions = servers[index].machine.handle(
      event, nowMilliseconds: time.monotonicMilliseconds(), jitter: time.random())
    servers[index].waitingActions += actions
    if before != servers[index].machine.state { stateChanged(index) }
    guard !servers[index].actionUnderWay, !servers[index].waitingActions.isEmpty else { return }
    servers[index].actionUnderWay = true
    queue.yield(.carryOutActions(server: index))
  }

  func carryOutActions(of index: Int) async {
    while !servers[index].waitingActions.isEmpty {
      switch servers[index].waitingActions.removeFirst() {
      case .open: await open(index)
      case .close: await close(index)
      case .cancelRetry: servers[index].retryGeneration += 1
      case .retry(let pause):
        servers[index].retryGeneration += 1
        queue.yield(
          .retry(
            server: index, generation: servers[index].retryGeneration, afterMilliseconds: pause))
      }
    }
    servers[index].actionUnderWay = false
  }

  private func open(_ index: Int) async {
    do {
      servers[index].listener = try await host.open(servers[index].definition.listener) { reason in
        // A fault is told from any thread; the queue brings it here.
        self.queue.yield(.fault(server: index, reason: reason))
      }
      handle(.opened, server: index)
    } catch let error as ListenerError {
      servers[index].lastError = error.reason
      handle(.openFailed(reason: error.reason, retryable: error.retryable), server: index)
    } catch {
      servers[index].lastError = "\(error)"
      handle(.openFailed(reason: "\(error)", retryable: true), server: index)
    }
  }

  private func close(_ index: Int) async {
    if let listener = servers[index].listener {
      await listener.close()
      servers[index].earlierRequests += listener.requests
      servers[index].listener = nil
    }
    handle(.closed, server: index)
  }

  /// A listener stopped working by itself.
  func listenerDied(_ index: Int, reason: String) {
    servers[index].lastError = reason
    handle(.died(reason: reason), server: index)
  }

  /// Tells log, event listeners and those who wait for it where a server stands now.
  func stateChanged(_ index: Int) {
    servers[index].since = now
    let status = servers[index].status
    logChange(status)
    hub.emit(.server(status))
    guard servers[index].settled else { return }
    for (identifier, waiter) in waiters where waiter.server == index {
      waiters[identifier] = nil
      waiter.resume.resume()
    }
  }

  private func logChange(_ status: ServerStatus) {
    let subject = "\(status.name) (\(status.user), port \(status.port))"
    let reason = status.reason.map { ": \($0)" } ?? ""
    let line = "\(subject) is \(status.status.rawValue)\(reason)"
    switch status.status {
    case .failed, .backingOff: logger.error("\(line)", metadata: metadata(status))
    case .starting: logger.debug("\(line)", metadata: metadata(status))
    case .running, .stopped, .paused: logger.info("\(line)", metadata: metadata(status))
    }
  }

  private func metadata(_ status: ServerStatus) -> Logger.Metadata {
    ["user": "\(status.user)", "server": "\(status.name)", "event": "server"]
  }

  /// Returns when the server has come to rest, after 10 s at most.
  func settled(_ index: Int) async {
    guard !servers[index].settled, phase != .stopping else { return }
    let identifier = nextWaiter
    nextWaiter += 1
    queue.yield(.expire(waiter: identifier))
    await withCheckedContinuation { continuation in
      waiters[identifier] = (index, continuation)
    }
  }
}
