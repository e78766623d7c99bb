import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Points
import Telemetry

@testable import Dashboard

/// The routes over a fake supervisor, without sockets; requests carry the token.
struct RouterFixture: Sendable {
  let control = FakeControl()
  let metrics = PrometheusRegistry()
  let recorder = LogRecorder()
  let log = FakeLog()
  let login = LoginPolicy(token: Array("secret".utf8))
  var libraries = DashboardSettings.Libraries()

  var interface: Interface {
    let stream = EventStream(startedMilliseconds: 1, factory: metrics)
    return Interface(
      control: control, events: stream,
      snapshots: SnapshotSource(control: control, stream: stream, time: .fixed),
      shares: ConnectionShares(limits: DashboardLimits(), factory: metrics),
      page: Page(libraries: libraries), log: log,
      login: login, metrics: metrics, time: .prompt,
      logger: recorder.logger)
  }

  var router: Router<DashboardContext> {
    let settings = DashboardSettings(
      hosts: ["localhost"], token: Array("secret".utf8), controlSocket: "/nowhere")
    return interface.router(gate: Gate(settings))
  }

  /// What came back, with the body as text.
  struct Answer: Sendable {
    let status: Int
    let body: String
    let headers: HTTPFields
  }

  func send(
    _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil,
    headers: HTTPFields = HTTPFields(), token: String? = "secret"
  ) async throws -> Answer {
    let authorization = HTTPFields(
      token.map { [HTTPField(name: .authorization, value: "Bearer \($0)")] } ?? [])
    let all = HTTPFields(Array(headers) + authorization)
    return try await Application(router: router, logger: recorder.logger).test(.router) { client in
      try await client.execute(
        uri: uri, method: method, headers: all, body: body.map { ByteBuffer(string: $0) }
      ) { response in
        Answer(
          status: response.status.code, body: String(buffer: response.body),
          headers: response.headers)
      }
    }
  }

  func get(_ uri: String) async throws -> Answer { try await send(.get, uri) }
  func post(_ uri: String, _ body: String? = nil) async throws -> Answer {
    try await send(.post, uri, body)
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
