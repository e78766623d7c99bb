import HTTPTypes
import Hummingbird
import NIOCore
import Points
import Telemetry
import Testing

@testable import Dashboard

/// Texts for those without rights name no path, account or SQL; those with rights get the whole.
@Suite struct PublicTextTests {
  private static let secret = "/run/mysqld/mysqld.sock: INSERT denied to 'pointsd'@'localhost'"
  private static let parts = ["/run", "pointsd'", "INSERT", "alice", "1000"]

  private func fixture() -> RouterFixture {
    let fixture = RouterFixture()
    fixture.control.set { state in
      state.readinessFailure = ReadinessFailure(detail: Self.secret, summary: "not ready")
      state.readError = .unavailable(Self.secret)
      state.historyError = .unavailable(Self.secret)
      state.database = .away(since: DateTimeStamp(secondsSinceEpoch: 0), reason: Self.secret)
      state.configuration = .rejected(
        since: DateTimeStamp(secondsSinceEpoch: 0), reason: Self.secret)
      state.servers[0].reason = "paused by alice (uid 1000) via the control socket: lunch"
      state.servers[0].publicReason = "lunch"
      state.servers[0].lastError = Self.secret
      state.servers[0].publicLastError = "could not be credited"
      // What nobody thought of is not shown.
      state.servers[1].reason = Self.secret
      state.servers[1].lastError = Self.secret
    }
    return fixture
  }

  /// Every route that everybody may read.
  @Test func noRouteForEverybodyTellsMore() async throws {
    let fixture = fixture()
    let routes = fixture.api.routes.filter { $0.right == .read && $0.method == .get }
    for route in routes where route.path != "/api/events" {
      let path = route.path.replacing("{name}", with: "Afif").replacing("{file}", with: "x")
      let answer = try await fixture.send(.get, path, token: nil)
      // The API's description names accounts as such; the page's files are the same for all.
      guard !route.path.hasPrefix("/assets"), !route.path.hasPrefix("/libraries"),
        route.path != "/api/openapi.json"
      else { continue }
      for part in Self.parts {
        #expect(!answer.body.contains(part), "\(path) names \(part): \(answer.body)")
      }
    }
  }

  /// A reader who has to wait for others must not take the database for away.
  @Test func aFullPlaceIsNotGivenOutAsADatabaseThatIsAway() async throws {
    let fixture = RouterFixture()
    fixture.control.set { $0.historyError = .unavailable("two long histories are being read") }
    let answer = try await fixture.send(.get, "/api/users/Afif/history", token: nil)
    #expect(answer.status == 503)
    #expect(answer.body.contains("too much is asked at once"))
  }

  @Test func whoHasTheRightGetsTheWhole() async throws {
    let fixture = fixture()
    for path in ["/readyz", "/api/users", "/api/users/Afif/history", "/api/servers"] {
      #expect(try await fixture.get(path).body.contains("INSERT denied"), "\(path)")
    }
    #expect(try await fixture.get("/api/servers").body.contains("alice (uid 1000)"))
    let servers = try await fixture.send(.get, "/api/servers", token: nil).body
    #expect(servers.contains(#""reason":"lunch""#))
    #expect(servers.contains(#""last_error":"could not be credited""#))
  }

  @Test func eventsGoToTheirAudience() async throws {
    let fixture = fixture()
    let stream = EventStream(startedMilliseconds: 1, factory: PrometheusRegistry())
    let reader = await stream.join(at: stream.newest) {}
    let permitted = await stream.join(at: stream.newest, audience: .permitted) {}
    let state = fixture.control.read { $0 }
    let events: [PointsEvent] = [
      .server(state.servers[0]), .servers(state.servers), .database(state.database),
      .configuration(state.configuration),
    ]
    for event in events {
      await stream.publish(EventEncoder.name(of: event)) {
        EventEncoder.data(of: event, timestamp: DateTimeStamp(secondsSinceEpoch: 0), for: $0)
      }
    }
    let snapshot = EventEncoder.Event("snapshot") {
      EventEncoder.data(
        of: .snapshot(fixture.control.snapshot), timestamp: DateTimeStamp(secondsSinceEpoch: 0),
        for: $0)
    }
    func text(_ listener: Int, _ audience: Audience) async -> String {
      guard case .events(let events) = await stream.next(for: listener) else { return "" }
      #expect(events.count == 4)
      return events.map { String(buffer: $0) }.joined()
        + String(buffer: snapshot.bytes(for: audience))
    }
    let everybody = await text(reader, .everybody)
    for part in Self.parts { #expect(!everybody.contains(part), "\(part)") }
    #expect(everybody.split(separator: "lunch").count == 4)
    #expect(await text(permitted, .permitted).split(separator: "INSERT denied").count > 6)
  }
}
