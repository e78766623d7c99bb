import CLinux
import Dispatch
import Metrics
import NIOCore
import Synchronization
import Telemetry

/// Every connection of the HTTP service, each in one of three shares of the descriptors.
///
/// A connection begins in the share of the listener that accepted it. One that becomes a stream,
/// `/api/events` or a followed log, moves to the share of events.
final class ConnectionShares: Sendable {
  enum Share: String, Sendable, CaseIterable {
    case http
    case events
    case control
  }

  typealias Activity = ShareTable<ObjectIdentifier>.Activity

  private struct State {
    var tables: [Share: ShareTable<ObjectIdentifier>]
    var channels: [ObjectIdentifier: (channel: any Channel, share: Share)] = [:]
    /// Called when a share has room again; nil when nobody waits.
    var waiters: [Share: @Sendable () -> Void] = [:]
    var memory = MemoryReturn()
  }

  private let state: Mutex<State>
  private let gauges: [Share: Gauge]
  private let refused: [Share: Counter]
  private let evicted: [Share: Counter]

  init(limits: DashboardLimits, factory: any MetricsFactory) {
    func label<Value>(_ make: (Share) -> Value) -> [Share: Value] {
      Dictionary(uniqueKeysWithValues: Share.allCases.map { ($0, make($0)) })
    }
    state = Mutex(State(tables: label { ShareTable(limit: limits[$0]) }))
    func dimensions(_ share: Share) -> [(String, String)] { [("share", share.rawValue)] }
    let open = Metric(
      "pointsd_http_connections", help: "Open connections, by their share of the descriptors.")
    let refused = Metric(
      "pointsd_http_connections_refused_total",
      help: "Connections closed because their share was full.")
    let evicted = Metric(
      "pointsd_http_connections_evicted_total",
      help: "Connections closed to make room in their share.")
    let places = Metric("pointsd_descriptor_share", help: "Connections that each share may hold.")
    gauges = label { open.gauge(dimensions($0), in: factory) }
    self.refused = label { refused.counter(dimensions($0), in: factory) }
    self.evicted = label { evicted.counter(dimensions($0), in: factory) }
    for share in Share.allCases {
      gauges[share]?.record(0)
      places.gauge(dimensions(share), in: factory).record(limits[share])
    }
  }

  /// Takes an accepted connection in; false when it has to be closed at once.
  func admit(_ channel: any Channel, to share: Share) -> Bool {
    let identifier = ObjectIdentifier(channel)
    let outcome = state.withLock { state in
      let outcome = state.tables[share]?.admit(identifier, peer: PeerAddress(channel.remoteAddress))
      if case .admitted = outcome {
        state.channels[identifier] = (channel, share)
        _ = state.memory.isDue(state.channels.count)
      }
      return outcome ?? .refused
    }
    guard case .admitted(let victim) = outcome else {
      refused[share]?.increment()
      return false
    }
    record(share)
    channel.closeFuture.whenComplete { _ in self.remove(identifier) }
    evict(victim, from: share)
    return true
  }

  /// A connection begins to receive a request, to answer it, or has nothing under way.
  func note(_ channel: any Channel, _ activity: Activity) {
    let identifier = ObjectIdentifier(channel)
    let (victim, share) = state.withLock { state -> (ObjectIdentifier?, Share) in
      guard let share = state.channels[identifier]?.share else { return (nil, .http) }
      // A stream stays what it is: the oldest makes room.
      guard share != .events else { return (nil, share) }
      return (state.tables[share]?.change(identifier, to: activity), share)
    }
    evict(victim, from: share)
  }

  /// Moves a connection to the share of events, because its response is a stream without end.
  /// - Returns: false when there is no room.
  func beginStream(_ channel: any Channel) -> Bool {
    let identifier = ObjectIdentifier(channel)
    let outcome = state.withLock { state -> ShareTable<ObjectIdentifier>.Admission in
      // Without a place there is nothing to move: such a channel is a test's.
      guard let known = state.channels[identifier] else { return .admitted(closing: nil) }
      guard known.share != .events else { return .admitted(closing: nil) }
      let outcome = state.tables[.events]?.admit(
        identifier, peer: PeerAddress(channel.remoteAddress), as: .idle)
      guard case .admitted = outcome else { return .refused }
      state.tables[known.share]?.remove(identifier)
      state.channels[identifier]?.share = .events
      return outcome ?? .refused
    }
    guard case .admitted(let victim) = outcome else {
      refused[.events]?.increment()
      return false
    }
    evict(victim, from: .events)
    for share in Share.allCases { notifyRoom(in: share) }
    return true
  }

  /// Whether a share has room; if not, `whenRoom` is called as soon as it has.
  func hasRoom(in share: Share, whenRoom: @escaping @Sendable () -> Void) -> Bool {
    state.withLock { state in
      if state.tables[share]?.hasRoom == true { return true }
      state.waiters[share] = whenRoom
      return false
    }
  }

  private func remove(_ identifier: ObjectIdentifier) {
    let (share, returnsMemory) = state.withLock { state in
      let share = state.channels.removeValue(forKey: identifier)?.share
      if let share { state.tables[share]?.remove(identifier) }
      return (share, state.memory.isDue(state.channels.count))
    }
    if let share { notifyRoom(in: share) }
    if returnsMemory {
      // Later and elsewhere: the tasks of the last ones end first, and it takes milliseconds.
      DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(2)) { clinux_trim_memory() }
    }
  }

  private func notifyRoom(in share: Share) {
    record(share)
    let waiter = state.withLock { state in
      state.tables[share]?.hasRoom == true ? state.waiters.removeValue(forKey: share) : nil
    }
    waiter?()
  }

  private func evict(_ identifier: ObjectIdentifier?, from share: Share) {
    guard let identifier else { return }
    evicted[share]?.increment()
    state.withLock { $0.channels[identifier]?.channel }?.close(promise: nil)
  }

  private func record(_ share: Share) {
    gauges[share]?.record(state.withLock { $0.tables[share]?.count ?? 0 })
  }
}
