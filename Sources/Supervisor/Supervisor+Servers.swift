import Logging
import Points

extension Supervisor {
  /// Feeds a server's machine and carries out what it says, one action after the other.
  func handle(_ event: ServerMachine.Event, server: Server) {
    let before = server.machine.state
    let actions = server.machine.handle(
      event, nowMilliseconds: time.monotonicMilliseconds(), jitter: time.random())
    server.waitingActions += actions
    if before != server.machine.state { broadcast(server) }
    guard !server.actionUnderWay, !server.waitingActions.isEmpty else { return }
    server.actionUnderWay = true
    queue.yield(.carryOutActions(server: server.number))
  }

  func carryOutActions(of server: Server) async {
    while !server.waitingActions.isEmpty {
      switch server.waitingActions.removeFirst() {
      case .open: await open(server)
      case .close: await close(server)
      case .cancelRetry: server.retryGeneration += 1
      case .retry(let pause):
        server.retryGeneration += 1
        queue.yield(
          .retry(
            server: server.number, generation: server.retryGeneration, afterMilliseconds: pause))
      }
    }
    server.actionUnderWay = false
    table.removeIfGone(server)
  }

  private func open(_ server: Server) async {
    let number = server.number
    do {
      server.listener = try await host.open(server.definition.listener) { reason in
        // A fault comes from any thread; the queue brings it here.
        self.queue.yield(.fault(server: number, reason: reason))
      }
      handle(.opened, server: server)
    } catch let error as ListenerError {
      server.lastError = (error.reason, error.reason)
      handle(.openFailed(reason: error.reason, retryable: error.retryable), server: server)
    } catch {
      server.lastError = ("\(error)", Server.publicListenerFailure)
      handle(.openFailed(reason: "\(error)", retryable: true), server: server)
    }
  }

  private func close(_ server: Server) async {
    if let listener = server.listener {
      await listener.close()
      server.earlierRequests += listener.requests
      server.listener = nil
    }
    handle(.closed, server: server)
  }

  /// A listener stopped working by itself.
  func listenerDied(_ server: Server, reason: String) {
    server.lastError = (reason, reason)
    handle(.died(reason: reason), server: server)
  }

  /// Broadcasts where a server stands when that differs from what was broadcast last, and resumes
  /// those who wait for it to come to rest.
  func broadcast(_ server: Server) {
    let standing = server.standing
    if standing != server.lastStanding {
      if server.lastStanding?.state != standing.state { server.since = now }
      server.lastStanding = standing
      let status = server.status
      logChange(status, of: server)
      hub.emit(.server(status))
    }
    guard server.settled else { return }
    for (identifier, waiter) in waiters where waiter.server == server.number {
      waiters[identifier] = nil
      waiter.resume.resume()
    }
  }

  /// A fault is one line, however often the server is tried until it is over.
  private func logChange(_ status: ServerStatus, of server: Server) {
    let subject = "\(status.name) (\(status.user), port \(status.port))"
    let reason = status.reason.map { ": \($0)" } ?? ""
    let line = "\(subject) is \(status.status.rawValue)\(reason)"
    let level: Logger.Level
    switch status.status {
    case .failed, .backingOff:
      level = server.loggedFault == line ? .debug : .error
      server.loggedFault = line
    case .starting: level = .debug
    case .running, .stopped, .paused:
      level = .info
      server.loggedFault = nil
    }
    logger.log(level: level, "\(line)", metadata: metadata(status))
  }

  private func metadata(_ status: ServerStatus) -> Logger.Metadata {
    ["user": "\(status.user)", "server": "\(status.name)", "event": "server"]
  }

  /// Returns when the server has come to rest, after 10 s at most.
  func settled(_ server: Server) async {
    guard !server.settled, phase != .stopping else { return }
    let waiter = nextWaiter
    let number = server.number
    nextWaiter += 1
    queue.yield(.expire(waiter: waiter))
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiters[waiter] = (number, $0) }
    } onCancel: {
      Task { await self.stopWaiting(waiter) }
    }
  }
}
