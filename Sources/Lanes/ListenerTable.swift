import Synchronization

/// A listener on its lane.
struct ListenerHandle: Hashable, Sendable {
  let index: Int
  /// Incremented on reuse of the index, to detect stale handles.
  let generation: UInt32
}

/// A listening socket and what belongs to it.
struct ListenerRecord {
  /// -1 when closed.
  var descriptor: Int32
  /// Index of the user whose points it answers.
  let user: Int
  /// For the log: `server1 (Afif, port 5001)`.
  let label: String
  /// The server's key in the quota.
  let quotaKey: Int
  let counters: ListenerCounters
  let onFault: @Sendable (String) -> Void
  /// Accepting waits for descriptors.
  var waitsForDescriptors = false
  private(set) var connections = 0
  private var requests = 0
  /// Called when the last connection is closed.
  var whenClosed: [@Sendable () -> Void] = []
  fileprivate var generation: UInt32 = 0

  init(
    descriptor: Int32, user: Int, label: String, quotaKey: Int,
    onFault: @escaping @Sendable (String) -> Void
  ) {
    self.descriptor = descriptor
    self.user = user
    self.label = label
    self.quotaKey = quotaKey
    counters = ListenerCounters()
    self.onFault = onFault
  }

  var isListening: Bool { descriptor >= 0 }

  /// Socket and connections are gone, no call is deferred: the record may be used again.
  fileprivate var isFree: Bool { isGone && whenClosed.isEmpty }

  /// Socket and connections are gone.
  var isGone: Bool { descriptor < 0 && connections == 0 }

  mutating func addConnections(_ difference: Int) {
    connections += difference
    counters.connections.store(connections, ordering: .relaxed)
  }

  mutating func addRequests(_ count: Int) {
    requests += count
    counters.requests.store(requests, ordering: .relaxed)
  }
}

/// The listeners of a lane.
struct ListenerTable {
  private var records: [ListenerRecord] = []

  var indices: Range<Int> { records.indices }

  subscript(index: Int) -> ListenerRecord {
    @inline(__always) _read { yield records[index] }
    @inline(__always) _modify { yield &records[index] }
  }

  /// Those whose socket or connections are open.
  var handlesInUse: [ListenerHandle] { indices.filter { !records[$0].isFree }.map(handle) }

  func handle(_ index: Int) -> ListenerHandle {
    ListenerHandle(index: index, generation: records[index].generation)
  }

  /// The handle that the next record gets.
  var nextHandle: ListenerHandle {
    guard let index = records.firstIndex(where: \.isFree) else {
      return ListenerHandle(index: records.count, generation: 0)
    }
    return ListenerHandle(
      index: index, generation: (records[index].generation + 1) & 0x7FFF_FFFF)
  }

  mutating func insert(_ record: ListenerRecord, as handle: ListenerHandle) {
    var record = record
    record.generation = handle.generation
    if handle.index < records.count {
      records[handle.index] = record
    } else {
      records.append(record)
    }
  }

  /// The index of a handle; nil when its listener is gone.
  func index(of handle: ListenerHandle) -> Int? {
    handle.index < records.count && records[handle.index].generation == handle.generation
      ? handle.index : nil
  }
}
