import Logging
import Points

extension Supervisor {
  /// How long the listeners wait for the ledger to say who runs; then all wanted ones are opened.
  static let startupGrace = Duration.seconds(5)

  /// Works until the task is cancelled. Throws when the database can never serve: a newer schema,
  /// a second daemon, an original table that cannot be adopted.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.followLedger() }
      group.addTask { await self.wakeRegularly() }
      group.addTask { await self.openListenersWhenGraceEnds() }
      group.addTask { await self.watchLateness() }
      group.addTask { await self.verifyRegularly() }
      group.addTask { await self.work() }
      // The first error ends the others; waitForAll would wait for them.
      while try await group.next() != nil {}
    }
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
      if let server = table.numbered(number) { await carryOutActions(of: server) }
    case .retry(let number, let generation, let pause):
      guard await slept(.milliseconds(pause)), let server = table.numbered(number) else { return }
      if server.retryGeneration == generation { handle(.retryDue, server: server) }
    case .expire(let waiter):
      _ = await slept(.seconds(10))
      stopWaiting(waiter)
    case .fault(let number, let reason):
      if let server = table.numbered(number) { listenerDied(server, reason: reason) }
    case .change(let ticket, let step): await carryOut(step, of: ticket)
    case .finishReload(let done): await finishReload(done: done)
    case .finishRestore: await finishRestore()
    case .ticks(let interval, let ended): await runTicks(interval, until: ended)
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
