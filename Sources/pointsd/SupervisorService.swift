import Lanes
import ServiceLifecycle
import Supervisor
import Synchronization

/// The servers of all users as a service.
final class SupervisorService: Service, CustomStringConvertible {
  let description = "supervisor"
  private let supervisor: Supervisor
  private let lanes: LaneSet
  private let mayHaveLedger: @Sendable () async -> Bool
  private let outcome = Mutex(StopOutcome.closed)

  /// How long the database may take to close the runs at a stop.
  private static let closeDeadline = Duration.seconds(4)

  /// - Parameter mayHaveLedger: false while the database of the ledger is not made yet.
  init(
    supervisor: Supervisor, lanes: LaneSet, mayHaveLedger: @escaping @Sendable () async -> Bool
  ) {
    self.supervisor = supervisor
    self.lanes = lanes
    self.mayHaveLedger = mayHaveLedger
  }

  /// Whether the runs were closed at the stop; if not, their time will be credited.
  var runsClosed: Bool { outcome.withLock { $0 } == .closed }

  func run() async throws {
    let ending: Result<Void, any Error>
    do {
      ending = .success(
        try await cancelWhenGracefulShutdown { try await self.supervisor.run() })
    } catch {
      ending = .failure(error)
    }
    let stop = await supervisor.shutDown(
      deadline: Self.closeDeadline, ledgerExists: await mayHaveLedger())
    outcome.withLock { $0 = stop }
    await lanes.shutdown()
    try ending.get()
  }
}
