import Points
import Synchronization

/// What a listener counts, to be read from anywhere; only its lane writes.
final class ListenerCounters: Sendable {
  let connections = Atomic(0)
  let requests = Atomic(0)
}

/// An open listener, as the supervisor holds it.
struct LaneListener: OpenListener {
  let lane: Lane
  let handle: ListenerHandle
  let port: Int
  let counters: ListenerCounters

  var connections: Int { counters.connections.load(ordering: .relaxed) }
  var requests: Int { counters.requests.load(ordering: .relaxed) }

  func clients() async -> [ConnectedClient.Activity] { await lane.clients(of: handle) }

  func close() async { await lane.close(handle) }
}
