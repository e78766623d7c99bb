import Points

/// The domain's values as the API sends them.
enum Shapes {
  private typealias Schema = JSONSchema

  static let user = Shape<PointsRow>(
    "User",
    .init("user", Schema.string) { .string($0.user) },
    .init("points", Schema.integer(minimum: 0)) { .number($0.points) },
    .init(
      "datetime_stamp",
      Schema.describe(Schema.nullable("string"), "When the points last changed.")
    ) { .text($0.stamp?.description) })

  static let userStatus = Shape<ServerStatus>(
    "UserStatus",
    .init("success", Schema.success) { _ in true },
    .init("username", Schema.string) { .string($0.user) },
    .init("status", Schema.words(UserStatus.self)) { .string(UserStatus($0.wanted).rawValue) })

  /// The original's words for what is asked of a user.
  private enum UserStatus: String, CaseIterable {
    case active, paused, stopped

    init(_ wanted: ServerState) {
      self =
        switch wanted {
        case .paused: .paused
        case .stopped: .stopped
        case .running, .starting, .backingOff, .failed: .active
        }
    }
  }

  static let historyPoint = Shape<HistoryPoint>(
    "HistoryPoint",
    .init("datetime_stamp", Schema.stamp) { .string($0.stamp.description) },
    .init(
      "points", Schema.describe(Schema.nullable("integer"), "null before the user existed.")
    ) { $0.points.map { .number($0) } ?? .null },
    .init(
      optional: "earning",
      Schema.describe(
        ["type": "boolean"], "false where no run was open: the points are those before.")
    ) { $0.points == nil || $0.earning ? nil : false })

  typealias ServerMember = Shape<(server: ServerStatus, audience: Audience)>.Member

  /// As events carry it: what a user has comes by events of its own.
  static let serverEvent = Shape<(server: ServerStatus, audience: Audience)>(
    "ServerEvent", serverPlace + serverState)

  /// With the user's points; null while none are known.
  static let server = Shape<(server: ServerStatus, audience: Audience, points: Int64?)>(
    "Server",
    serverPlace.map(widened) + [
      .init("points", Schema.nullable("integer")) { $0.points.map(JSON.number) ?? .null }
    ] + serverState.map(widened))

  private static func widened(
    _ member: ServerMember
  ) -> Shape<(server: ServerStatus, audience: Audience, points: Int64?)>.Member {
    .init(member.name, member.schema) { member.value(($0.server, $0.audience)) ?? .null }
  }

  private static let serverPlace: [ServerMember] = [
    .init("name", Schema.string) { .string($0.server.name) },
    .init("user", Schema.string) { .string($0.server.user) },
    .init("address", Schema.string) { .string($0.server.address) },
    .init("port", Schema.integer(minimum: 1)) { .number($0.server.port) },
    .init("groups", Schema.array(of: Schema.string)) { .strings($0.server.groups) },
  ]

  private static let serverState: [ServerMember] = [
    .init("status", Schema.words(ServerState.self)) { .string($0.server.status.rawValue) },
    .init("wanted", ["enum": ["running", "paused", "stopped"]]) {
      .string($0.server.wanted.rawValue)
    },
    .init("reason", Schema.nullable("string")) {
      .text($0.audience == .everybody ? $0.server.publicReason : $0.server.reason)
    },
    .init("since", Schema.stamp) { .string($0.server.since.description) },
    .init("connections", Schema.integer(minimum: 0)) { .number($0.server.connections) },
    .init("requests", Schema.integer(minimum: 0)) { .number($0.server.requests) },
    .init("last_error", Schema.nullable("string")) {
      .text($0.audience == .everybody ? $0.server.publicLastError : $0.server.lastError)
    },
  ]

  static let connection = Shape<ConnectedClient>(
    "Connection",
    .init("user", Schema.string) { .string($0.user) },
    .init("server", Schema.string) { .string($0.server) },
    .init("peer", Schema.describe(Schema.string, "Address and port.")) { .string($0.peer) },
    .init("since", Schema.stamp) { .string($0.since.description) },
    .init("requests", Schema.integer(minimum: 0)) { .number($0.requests) },
    .init("last_request", Schema.nullable("string")) { .text($0.lastRequest) },
    .init("last_request_at", Schema.nullable("string")) { .text($0.lastRequestAt?.description) })

  /// All 0 without users.
  static let statistics = Shape<[PointsRow]>(
    "Statistics",
    .init("total_points", Schema.integer(minimum: 0)) { .integer(total($0)) },
    .init("avg_points", ["type": "number"]) {
      .decimal($0.isEmpty ? 0 : Double(total($0)) / Double($0.count))
    },
    .init("max_points", Schema.integer(minimum: 0)) { .number($0.map(\.points).max() ?? 0) },
    .init("min_points", Schema.integer(minimum: 0)) { .number($0.map(\.points).min() ?? 0) })

  private static func total(_ rows: [PointsRow]) -> Int128 {
    rows.reduce(0) { $0 + Int128($1.points) }
  }

  static let instance = Shape<LedgerSnapshot.Instance>(
    "Instance",
    .init("name", Schema.string) { .string($0.name) },
    .init("seen", Schema.describe(Schema.stamp, "When it last showed that it is alive.")) {
      .string($0.seen.description)
    },
    .init("lost", Schema.describe(Schema.boolean, "Whether it was not seen for long.")) {
      .bool($0.isLost)
    },
    .init("users", Schema.array(of: Schema.string)) { .strings($0.users.sorted()) })

  private static let difference = Shape<Verification.Difference>(
    "Difference",
    .init("user", Schema.string) { .string($0.user) },
    .init("kind", Schema.string) { .string($0.kind.rawValue) },
    .init("message", Schema.string) { .string($0.message) })

  static let verification = Shape<Verification>(
    "Verification",
    .init("users", Schema.integer(minimum: 0)) { .number($0.users) },
    .init("differences", Schema.array(of: difference.schema)) { difference.list($0.differences) },
    .init("notices", Schema.array(of: Schema.string)) { .strings($0.notices) })

  private static let planEntry = Shape<ReloadPlan.Entry>(
    "PlanEntry",
    .init("user", Schema.string) { .string($0.user) },
    .init("server", Schema.string) { .string($0.server) },
    .init("action", Schema.words(ReloadPlan.Action.self)) { .string($0.action.rawValue) },
    .init("details", Schema.array(of: Schema.string)) { .strings($0.details) })

  static let plan = Shape<ReloadPlan>(
    "Plan",
    .init("changes", Schema.boolean) { .bool($0.changesSomething) },
    .init("users", Schema.array(of: planEntry.schema)) { planEntry.list($0.users) },
    .init("settings", Schema.array(of: Schema.string)) { .strings($0.settings) },
    .init("needs_restart", Schema.array(of: Schema.string)) { .strings($0.needsRestart) })
}
