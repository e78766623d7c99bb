import Logging
import ServiceLifecycle
import Telemetry
import TestSupport

@testable import Dashboard

/// A service on a free port and a socket in a folder of its own, over a fake supervisor.
struct RunningService: Sendable {
  let control: FakeControl
  let recorder: LogRecorder
  let log: FakeLog
  let service: DashboardService
  let group: ServiceGroup
  let folder: TemporaryFolder
  let socket: String

  var port: Int {
    if case .listening(let port?) = service.tcpCondition { port } else { 0 }
  }
  var tcp: RawClient.Place { .tcp(port) }
  var unix: RawClient.Place { .unix(socket) }

  /// Runs a service as long as `work` does; ends it gracefully.
  static func with(
    address: String = "127.0.0.1", port: Int = 0, hosts: [String] = [], token: String? = nil,
    open: Bool = false, folder: TemporaryFolder = TemporaryFolder(),
    controlGroup: String? = nil, waitsForControlSocket: Bool = true, waitsForTCP: Bool = true,
    time: DashboardTime = .system,
    _ work: @Sendable (RunningService) async throws -> Void
  ) async throws {
    let socket = folder.path + "/var/control.sock"
    let recorder = LogRecorder()
    let control = FakeControl()
    let log = FakeLog(isEndless: true)
    let service = DashboardService(
      settings: DashboardSettings(
        address: address, port: port, hosts: hosts, token: token.map(TokenSource.init(fixed:)),
        open: open,
        controlSocket: socket, controlGroup: controlGroup),
      control: control, log: log, metrics: PrometheusRegistry(), logger: recorder.logger,
      time: time)
    let group = ServiceGroup(services: [service], logger: recorder.logger)
    let running = RunningService(
      control: control, recorder: recorder, log: log, service: service, group: group,
      folder: folder,
      socket: socket)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      if waitsForControlSocket {
        try await running.wait { service.controlSocketCondition == .listening(port: nil) }
      }
      if waitsForTCP { try await running.wait { running.port != 0 } }
      try await work(running)
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  /// Looks again and again until a condition holds; gives up after many looks.
  func wait(until holds: @Sendable () async -> Bool) async throws {
    for _ in 0..<5000 {
      if await holds() { return }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw NeverHappened(log: recorder.lines)
  }

  struct NeverHappened: Error {
    let log: [String]
  }
}
