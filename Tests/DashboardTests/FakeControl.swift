import Points
import Synchronization

/// A supervisor of two users that answers what a test tells it to.
final class FakeControl: Control {
  struct State: Sendable {
    var rows: [PointsRow] = [
      PointsRow(user: "Afif", points: 120, stamp: DateTimeStamp(at: 2026, 1, 12, 14, 30, 0)),
      PointsRow(user: "Faiz", points: 60, stamp: nil),
    ]
    var servers: [ServerStatus] = [
      .test("server1", "Afif", 5001, ["python"]), .test("server_c2", "Faiz", 6002, ["c"]),
    ]
    var staleSeconds: Int?
    /// Tells the rows of one group read.
    var version: UInt64?
    /// What every change, and every read of rows, throws.
    var changeError: ControlError?
    var readError: ControlError?
    var historyError: ControlError?
    /// How often a ledger was restored.
    var restored = 0
    var readinessFailure: ReadinessFailure?
    var database = DatabaseCondition.available(since: DateTimeStamp(secondsSinceEpoch: 0))
    var late: [String] = []
    var configuration = ConfigurationCondition.current(since: DateTimeStamp(secondsSinceEpoch: 0))
    var backupSteps = Array(
      repeating: FakeBackup.Step.piece(Array(repeating: 120, count: 100_000)), count: 3)
    /// Called when a backup is over, however.
    var backupOver: @Sendable () -> Void = {}
    /// Backups begun.
    var backups = 0
    var backup: [UInt8] = []
    var operations: [Operation] = []
    var audits: [AuditSelection] = []
    var auditEntries: [AuditEntry] = []
    var instances: [LedgerSnapshot.Instance] = []
    var changes: [String] = []
    /// What a change to a group comes to; everybody is done when nil.
    var outcomes: [OperationRecord.UserOutcome]?
    var selections: [OperationSelection] = []
    var records: [OperationRecord] = []
    /// What a look for operations throws.
    var operationsError: ControlError?
    var ranges: [HistoryRange] = []
    var continuations: [AsyncStream<PointsEvent>.Continuation] = []
    /// Users whose restart does not come up.
    var broken: Set<String> = []
  }

  let startedMilliseconds: Int64 = 1_768_228_200_000
  let state = Mutex(State())

  func set(_ change: @Sendable (inout State) -> Void) { state.withLock { change(&$0) } }
  func read<Value>(_ look: @Sendable (State) -> Value) -> Value { state.withLock { look($0) } }
  var operations: [Operation] { state.withLock { $0.operations } }
  var changes: [String] { state.withLock { $0.changes } }

  func emit(_ event: PointsEvent) {
    for continuation in state.withLock({ $0.continuations }) { continuation.yield(event) }
  }

  /// Ends every stream of events, as the supervisor does to those who fall behind.
  func cutEvents() {
    let continuations = state.withLock { state in
      defer { state.continuations = [] }
      return state.continuations
    }
    for continuation in continuations { continuation.finish() }
  }

  var subscriptions: Int { state.withLock { $0.continuations.count } }

  private func index(_ name: String) throws -> Int {
    let index = state.withLock { state in
      state.servers.firstIndex {
        [$0.user, $0.name].map(FoldedName.init).contains(FoldedName(name))
      }
    }
    guard let index else { throw ControlError.notFound("User not found") }
    return index
  }

  func users() async throws -> Reading<[PointsRow]> {
    try state.withLock { state in
      if let error = state.readError { throw error }
      return Reading(state.rows, staleSeconds: state.staleSeconds, version: state.version)
    }
  }

  func user(_ name: String) async throws -> Reading<PointsRow> {
    let index = try index(name)
    return state.withLock { Reading($0.rows[index], staleSeconds: $0.staleSeconds) }
  }

  func history(of name: String, range: HistoryRange) async throws -> [HistoryPoint] {
    _ = try index(name)
    if let error = state.withLock({ $0.historyError }) { throw error }
    state.withLock { $0.ranges.append(range) }
    let stamp = DateTimeStamp(at: 2026, 1, 12, 14, 30, 0)
    return [
      HistoryPoint(stamp: stamp, points: nil, earning: false),
      HistoryPoint(stamp: stamp, points: 10),
      HistoryPoint(stamp: stamp, points: 10, earning: false),
    ]
  }

  func servers() async -> [ServerStatus] { state.withLock { $0.servers } }

  func connections(of users: [String]?) async -> [ConnectedClient] {
    state.withLock { state in
      state.servers.filter { users?.contains($0.user) ?? true }.map { server in
        ConnectedClient(
          user: server.user, server: server.name, peer: "127.0.0.1:40000",
          since: DateTimeStamp(at: 2026, 1, 12, 14, 0, 0), requests: 2, lastRequest: "get_data",
          lastRequestAt: DateTimeStamp(at: 2026, 1, 12, 14, 30, 0))
      }
    }
  }

  func server(_ name: String) async throws -> ServerStatus {
    let index = try index(name)
    return state.withLock { $0.servers[index] }
  }

  func apply(_ change: Change, to name: String, by operation: Operation) async throws
    -> ServerStatus
  {
    let index = try index(name)
    return try state.withLock { state in
      if let error = state.changeError { throw error }
      if change == .toggle, state.servers[index].wanted == .stopped {
        throw ControlError.conflict("\(name) is stopped: start it first")
      }
      state.operations.append(operation)
      state.changes.append("\(change) \(state.servers[index].user)")
      switch change {
      case .start, .resume: state.servers[index].wanted = .running
      case .stop: state.servers[index].wanted = .stopped
      case .pause: state.servers[index].wanted = .paused
      case .toggle:
        state.servers[index].wanted =
          state.servers[index].wanted == .paused ? .running : .paused
      case .reset:
        let row = state.rows[index]
        state.rows[index] = PointsRow(user: row.user, points: 0, stamp: row.stamp)
      case .adjust: break
      }
      state.servers[index].status = state.servers[index].wanted
      return state.servers[index]
    }
  }

  func apply(_ change: Change, toAll users: [String], by operation: Operation) async throws
    -> GroupOutcome
  {
    var servers: [ServerStatus] = []
    for user in users { servers.append(try await apply(change, to: user, by: operation)) }
    return GroupOutcome(
      servers: servers,
      users: state.withLock { $0.outcomes }
        ?? users.map { .init(user: $0, result: .done) })
  }

  func operations(_ selection: OperationSelection) async throws -> [OperationRecord] {
    try state.withLock { state in
      if let error = state.operationsError { throw error }
      state.selections.append(selection)
      return state.records
    }
  }

  func audit(_ selection: AuditSelection) async throws -> [AuditEntry] {
    state.withLock { state in
      state.audits.append(selection)
      return state.auditEntries
    }
  }

  func instances() async -> [LedgerSnapshot.Instance] { state.withLock { $0.instances } }

  func forget(
    instance: String, by operation: Operation
  ) async throws -> [OperationRecord.UserOutcome] {
    try state.withLock { state in
      if let error = state.changeError { throw error }
      state.operations.append(operation)
      state.changes.append("forget \(instance)")
      return [.init(user: "Zoe", result: .done)]
    }
  }

  func adjust(_ change: Change, user name: String, by operation: Operation) async throws
    -> PointsRow
  {
    let index = try index(name)
    return try state.withLock { state in
      if let error = state.changeError { throw error }
      state.operations.append(operation)
      let row = state.rows[index]
      var points: Int64 = 0
      if case .adjust(let delta) = change {
        let (sum, overflow) = row.points.addingReportingOverflow(delta)
        guard !overflow, sum >= 0 else {
          throw ControlError.conflict("points would fall below 0")
        }
        points = sum
      }
      state.rows[index] = PointsRow(user: row.user, points: points, stamp: row.stamp)
      return state.rows[index]
    }
  }

  func restart(_ name: String, by operation: Operation) async throws -> ServerStatus {
    let index = try index(name)
    return state.withLock { state in
      state.operations.append(operation)
      state.changes.append("restart \(state.servers[index].user)")
      if state.broken.contains(state.servers[index].user) {
        state.servers[index].status = .backingOff
        state.servers[index].reason = "port 6002 in use"
      }
      return state.servers[index]
    }
  }

  func members(ofProfile name: String) async throws -> [String] {
    let members = state.withLock { state in
      state.servers.filter { server in
        name.lowercased() == "all"
          || server.groups.contains { FoldedName($0) == FoldedName(name) }
      }.map(\.user)
    }
    guard !members.isEmpty else {
      throw ControlError.notFound("no user, server or group is named \(name)")
    }
    return members
  }

  private let onePlan = ReloadPlan(
    users: [
      .init(user: "Afif", server: "server1", action: .restart, details: ["port 5001 → 5011"]),
      .init(user: "Faiz", server: "server_c2", action: .nothing, details: []),
    ], settings: [], needsRestart: [])

  func plan() async throws -> ReloadPlan {
    if let error = state.withLock({ $0.changeError }) { throw error }
    return onePlan
  }

  func reload(by operation: Operation) async throws -> ReloadPlan {
    try state.withLock { state in
      if let error = state.changeError { throw error }
      state.operations.append(operation)
      state.changes.append("reload")
      return onePlan
    }
  }

  func backup(by operation: Operation) async throws -> any BackupStream {
    try state.withLock { state in
      if let error = state.changeError { throw error }
      state.operations.append(operation)
      let backup = FakeBackup(state.backupSteps, whenOver: state.backupOver)
      state.backups += 1
      return backup
    }
  }

  func makeBackupFile(for operation: Operation) async throws -> any BackupFile {
    try state.withLock { state in
      if let error = state.changeError { throw error }
    }
    return MemoryFile()
  }

  func restore(
    _ file: any BackupFile, by operation: Operation,
    progress: @escaping @Sendable (String) -> Void
  ) async throws {
    progress("verifying")
    try state.withLock { state in
      if let error = state.changeError { throw error }
      state.restored += 1
      state.backup = try file.read(at: 0, count: file.size)
    }
  }

  func configuration() async -> ConfigurationCondition { state.withLock { $0.configuration } }

  func verify() async throws -> Verification {
    Verification(
      users: 2,
      differences: [.init(user: "Faiz", kind: .points, message: "60 points, the runs say 70")],
      notices: ["row of Afif was re-created"])
  }

  func readinessFailure() async -> ReadinessFailure? { state.withLock { $0.readinessFailure } }
  func database() async -> DatabaseCondition { state.withLock { $0.database } }
  func late() async -> [String] { state.withLock { $0.late } }

  var snapshot: StateSnapshot {
    state.withLock { state in
      StateSnapshot(
        rows: state.readError == nil ? state.rows : [], staleSeconds: state.staleSeconds,
        servers: state.servers, database: state.database, configuration: state.configuration,
        late: state.late)
    }
  }

  func broadcastSnapshot() async { emit(.snapshot(snapshot)) }

  func events() async -> AsyncStream<PointsEvent> {
    let (stream, continuation) = AsyncStream.makeStream(of: PointsEvent.self)
    state.withLock { $0.continuations.append(continuation) }
    return stream
  }
}
