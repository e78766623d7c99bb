import Logging
import Points
import Synchronization

/// How a daemon left the runs of its users.
public enum StopOutcome: Sendable, Hashable {
  /// No run is open.
  case closed
  /// These users' runs are open, or may be: their time will be credited at the next start.
  case leftOpen([String], reason: String)
  /// Another daemon has the database's lock, and what is open is its matter.
  case anothers(reason: String)
}

extension Supervisor {
  /// The pause before a stop asks the database again.
  private static let stopPause = Duration.milliseconds(100)

  /// Ends what `run()` began, after it returned: doubts are ended, the runs that the database has
  /// open for the configured users are closed, clients get what they are owed.
  /// - Parameters:
  ///   - deadline: how long the database may take.
  ///   - ledgerExists: false when the database of this ledger was never made, so that no run can be
  ///     open.
  public func shutDown(deadline: Duration, ledgerExists: Bool = true) async -> StopOutcome {
    phase = .stopping
    for change in changes.values { handle(.deadlinePassed, change) }
    for waiter in turnWaiters.values { waiter.resume() }
    turnWaiters = [:]
    async let outcome = ledgerExists ? closeRuns(deadline: deadline) : .closed
    await withTaskGroup(of: Void.self) { group in
      for listener in table.all.compactMap(\.listener) {
        group.addTask { await listener.close() }
      }
    }
    let stop = await outcome
    for waiter in waiters.values { waiter.resume.resume() }
    waiters = [:]
    hub.finish()
    logLeftOpen(stop)
    return stop
  }

  private func logLeftOpen(_ stop: StopOutcome) {
    let metadata: Logger.Metadata = ["event": "runs-left-open"]
    switch stop {
    case .closed: break
    case .leftOpen(let users, let reason):
      logger.error(
        "the runs of \(users.count) users were left open and their time will be credited at the next start: \(Self.names(users)) (\(reason))",
        metadata: metadata)
    case .anothers(let reason):
      logger.error(
        "the runs that are open are not this daemon's and stay as they are: \(reason)",
        metadata: metadata)
    }
  }

  private static func names(_ users: [String]) -> String {
    users.prefix(20).joined(separator: ", ") + (users.count > 20 ? " …" : "")
  }

  /// Says who earns on although this daemon stops.
  private func nameThoseLeft(to instances: [String: [String]]) {
    for (instance, users) in instances.sorted(by: { $0.key < $1.key }) {
      logger.info(
        "the runs of \(users.count) users stay open, left to the instance \(instance), which serves them as well: \(Self.names(users))",
        metadata: ["event": "runs-left-to-instance"])
    }
  }

  /// Tries until the database has said that no run is open, or the time is over.
  private func closeRuns(deadline: Duration) async -> StopOutcome {
    let added = unfinishedReload?.proposed.definitions.map(\.user) ?? []
    let users = table.users + added.filter { table.named($0) == nil }
    let progress = StopProgress(
      .leftOpen(notElsewhere(users), reason: "no answer from the database for \(deadline)"))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.closeRuns(of: users, progress) }
      group.addTask { _ = await self.slept(deadline) }
      await group.next()
      group.cancelAll()
    }
    return progress.outcome
  }

  private func notElsewhere(_ users: [String]) -> [String] {
    let elsewhere = servedElsewhere
    return users.filter { !elsewhere.contains($0) }
  }

  private func closeRuns(of users: [String], _ progress: StopProgress) async {
    let operation = Operation(requestedBy: "pointsd", reason: "clean stop")
    var named: [String: [String]] = [:]
    var doubts = changes.values.filter(\.machine.isUnknown)
    repeat {
      do throws(LedgerError) {
        // A change that is applied later might open a run again.
        while let change = doubts.last {
          _ = try await store.void(ledgerChange(change))
          doubts.removeLast()
        }
        let left = try await store.closeRuns(of: users, operation: operation)
        if left.servedElsewhere != named { nameThoseLeft(to: left.servedElsewhere) }
        named = left.servedElsewhere
        guard !left.locked.isEmpty else { return progress.set(.closed) }
        progress.set(
          .leftOpen(left.locked, reason: "their rows are locked by another transaction"))
      } catch {
        guard case .refused(let reason) = error else {
          progress.set(.leftOpen(notElsewhere(users), reason: "\(error)"))
          continue
        }
        return progress.set(.anothers(reason: reason))
      }
    } while await slept(Self.stopPause)
  }
}

/// What is known so far of a stop that may run out of time.
private final class StopProgress: Sendable {
  private let state: Mutex<StopOutcome>

  init(_ outcome: StopOutcome) { state = Mutex(outcome) }

  var outcome: StopOutcome { state.withLock { $0 } }

  func set(_ outcome: StopOutcome) { state.withLock { $0 = outcome } }
}
