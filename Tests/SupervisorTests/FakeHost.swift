import Points
import Synchronization

/// Listeners without sockets; ports can be made busy.
final class FakeHost: ListenerProvider {
  struct State {
    var busyPorts: [Int: ListenerError] = [:]
    var opened: [String] = []
    var openPorts: [Int] = []
    var closed: [String] = []
    var published: [[PointsRow]] = []
    var faults: [String: @Sendable (String) -> Void] = [:]
  }

  let state = Mutex(State())

  final class Listener: OpenListener {
    let port: Int
    let server: String
    let host: FakeHost
    var connections: Int { 3 }
    var requests: Int { 7 }

    init(port: Int, server: String, host: FakeHost) {
      self.port = port
      self.server = server
      self.host = host
    }

    func clients() async -> [ConnectedClient.Activity] {
      [
        ConnectedClient.Activity(
          peer: "127.0.0.1:40000", ageSeconds: 60, requests: 2, lastRequest: "get_data",
          lastRequestAgeSeconds: 5)
      ]
    }

    func close() async {
      host.state.withLock { state in
        state.closed.append(server)
        state.openPorts.removeAll { $0 == port }
      }
    }
  }

  func open(
    _ specification: ListenerSpecification, onFault: @escaping @Sendable (String) -> Void
  ) async throws -> any OpenListener {
    try state.withLock { state in
      if let error = state.busyPorts[specification.port] { throw error }
      state.opened.append(specification.server)
      state.openPorts.append(specification.port)
      state.faults[specification.server] = onFault
    }
    return Listener(port: specification.port, server: specification.server, host: self)
  }

  func check(_ specification: ListenerSpecification) async throws {
    if let error = state.withLock({ $0.busyPorts[specification.port] }) { throw error }
  }

  func publish(_ rows: [PointsRow]) {
    state.withLock { $0.published.append(rows) }
  }
}
