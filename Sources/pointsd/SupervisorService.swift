import Lanes
import ServiceLifecycle
import Supervisor
import Synchronization

/// The servers of all users as a service.
final class SupervisorService: Service, CustomStringConvertible {
  let description = "supervisor"
  private let supervisor: Supervisor
  private let lanes: LaneSet
  private let closed = Mutex(true)

  /// How long the database may take to close the runs at a stop.
  private static let closeDeadline = Duration.seconds(4)

  init(supervisor: Supervisor, lanes: LaneSet) {
    self.supervisor = supervisor
    self.lanes = lanes
  }

  /// Whether the runs were closed at the stop; if not, their time will be credited.
  var runsClosed: Bool { closed.withLock { $0 } }

  func run() async throws {
    let ending: Result<Void, any Error>
    do {
      ending = .success(
        try await cancelWhenGracefulShutdown { try await self.supervisor.run() })
    } catch {
      ending = .failure(error)
    }
    let runsClosed = await supervisor.shutDown(deadline: Self.closeDeadline)
    closed.withLock { $0 = runsClosed }
    await lanes.shutdown()
    try ending.get()
  }
}
