import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Points
import Telemetry
import TestSupport

@testable import Dashboard

/// The routes over a fake supervisor, without sockets; requests carry the token.
struct RouterFixture: Sendable {
  let control = FakeControl()
  let metrics = PrometheusRegistry()
  let recorder = LogRecorder()
  let log = FakeLog()
  static let token = "0123456789abcdef"
  let access: AccessControl
  let time: DashboardTime
  var libraries = DashboardSettings.Libraries()

  /// - Parameter settings: a token in any case; nil for that alone.
  init(_ settings: DashboardSettings? = nil, time: DashboardTime = .prompt) {
    let settings =
      settings
      ?? DashboardSettings(token: TokenSource(fixed: Self.token), controlSocket: "/nowhere/socket")
    self.time = time
    let site = Site(address: settings.address)
    _ = site.listens(port: 8080)
    self.access = AccessControl(settings, site: site, time: time, logger: recorder.logger)
  }

  var api: API {
    let stream = EventStream(startedMilliseconds: 1, factory: metrics)
    return API(
      control: control, events: stream,
      snapshots: SnapshotSource(control: control, stream: stream, time: .fixed),
      shares: ConnectionShares(limits: DashboardLimits(), factory: metrics),
      page: Page(libraries: libraries), log: log,
      access: access, metrics: metrics, time: time,
      logger: recorder.logger)
  }

  var router: Router<DashboardContext> { api.router() }

  /// What came back, with the body as text.
  struct Answer: Sendable {
    let status: Int
    let body: String
    let headers: HTTPFields
  }

  func send(
    _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil,
    headers: HTTPFields = HTTPFields(), token: String? = Self.token
  ) async throws -> Answer {
    let authorization = HTTPFields(
      token.map { [HTTPField(name: .authorization, value: "Bearer \($0)")] } ?? [])
    let all = HTTPFields(Array(headers) + authorization)
    return try await withClient { try await $0(method, uri, body, all) }
  }

  /// Sends one request as it is.
  typealias Send =
    @Sendable (HTTPRequest.Method, _ uri: String, _ body: String?, HTTPFields) async throws ->
    Answer

  /// Many requests to one router.
  func withClient<Value: Sendable>(
    _ work: @escaping @Sendable (Send) async throws -> Value
  ) async throws -> Value {
    try await Application(router: router, logger: recorder.logger).test(.router) { client in
      try await work { method, uri, body, headers in
        try await client.execute(
          uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { response in
          Answer(
            status: response.status.code, body: String(buffer: response.body),
            headers: response.headers)
        }
      }
    }
  }

  func get(_ uri: String) async throws -> Answer { try await send(.get, uri) }
  func post(_ uri: String, _ body: String? = nil) async throws -> Answer {
    try await send(.post, uri, body)
  }
}

extension TokenSource {
  /// A token that never changes.
  init(fixed token: String) {
    self.init(path: "/nowhere/token", initial: token) { token }
  }
}

extension DashboardTime {
  /// 2026-01-12 14:30:05, for ever; sleeping ends with the task only.
  /// The same moment for ever, in which nobody waits.
  static let prompt = DashboardTime(
    now: fixed.now, monotonicNanoseconds: fixed.monotonicNanoseconds, sleep: { _ in })

  static let fixed = DashboardTime(
    now: { DateTimeStamp(at: 2026, 1, 12, 14, 30, 5) },
    monotonicNanoseconds: { 0 },
    sleep: { _ in
      let (stream, _) = AsyncStream.makeStream(of: Never.self)
      for await _ in stream {}
      try Task.checkCancellation()
    })
}
