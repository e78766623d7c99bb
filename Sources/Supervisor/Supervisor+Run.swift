import Logging
import Points

extension Supervisor {
  /// How long the listeners wait for the ledger to say who runs; then all wanted ones are opened.
  static let patience = Duration.seconds(5)

  /// Works until the task is cancelled. Throws when the database can never serve: a newer schema,
  /// a second daemon, an original table that cannot be adopted.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.prepareLedger() }
      group.addTask { await self.openListenersWhenPatienceEnds() }
      group.addTask { await self.watchHealth() }
      group.addTask { await self.watchLateness() }
      group.addTask { await self.watchRows() }
      group.addTask { await self.verifyRegularly() }
      group.addTask { await self.work() }
      // The first error ends the others; waitForAll would wait for them.
      while try await group.next() != nil {}
    }
  }

  /// Ends what `run()` began, after it returned: runs are closed, clients get what they are owed.
  /// - Parameter deadline: how long the database may take to close the runs.
  /// - Returns: false when the runs could not be closed: they stay open, and their time will be
  ///   credited.
  public func shutDown(deadline: Duration) async -> Bool {
    let wasServing = phase == .serving
    phase = .stopping
    async let closed = wasServing ? closeRuns(deadline: deadline) : true
    await withTaskGroup(of: Void.self) { group in
      for listener in servers.compactMap(\.listener) {
        group.addTask { await listener.close() }
      }
    }
    let runsClosed = await closed
    for change in changes.values { handle(.deadlinePassed, change) }
    for waiter in waiters.values { waiter.resume.resume() }
    waiters = [:]
    hub.finish()
    return runsClosed
  }

  private func closeRuns(deadline: Duration) async -> Bool {
    let users = servers.filter(\.effective.earning).map(\.definition.user)
    let operation = Operation(who: "pointsd", reason: "clean stop")
    let failure = await withTaskGroup(of: String?.self) { group in
      group.addTask {
        do {
          try await self.store.closeRuns(of: users, operation: operation)
          return nil
        } catch {
          return "\(error)"
        }
      }
      group.addTask {
        try? await self.time.sleep(deadline)
        return "no answer from the database for \(deadline)"
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    guard let failure else { return true }
    logger.error(
      "the runs were left open and their time will be credited at the next start: \(failure)",
      metadata: ["event": "runs-left-open"])
    return false
  }

  /// Carries out jobs side by side until cancelled.
  private func work() async {
    await withDiscardingTaskGroup { group in
      for await job in self.jobs {
        group.addTask { await self.carryOut(job) }
      }
    }
  }

  private func carryOut(_ job: Job) async {
    switch job {
    case .carryOutActions(let number):
      if let server = serverByNumber[number] { await carryOutActions(of: server) }
    case .retry(let number, let generation, let pause):
      guard await slept(.milliseconds(pause)), let server = serverByNumber[number] else { return }
      if server.retryGeneration == generation { handle(.retryDue, server: server) }
    case .expire(let waiter):
      _ = await slept(.seconds(10))
      waiters.removeValue(forKey: waiter)?.resume.resume()
    case .fault(let number, let reason):
      if let server = serverByNumber[number] { listenerDied(server, reason: reason) }
    case .prepareAgain(let done):
      await prepareAgain()
      done.finish()
    case .change(let ticket, let step): await carryOut(step, of: ticket)
    case .ticker(let interval, let ended): await runTicker(interval, until: ended)
    }
  }

  /// Runs the ticker of an interval until the task is cancelled or `ended` is.
  private func runTicker(_ interval: Int64, until ended: AsyncStream<Never>) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await self.surroundings.runTicker(interval) { await self.ticked(interval, $0) }
      }
      group.addTask { for await _ in ended {} }
      await group.next()
      group.cancelAll()
    }
  }

  /// Sleeps; false when the task was cancelled meanwhile.
  func slept(_ duration: Duration) async -> Bool {
    do {
      try await time.sleep(duration)
      return true
    } catch {
      return false
    }
  }
}
