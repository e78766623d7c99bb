import HTTPTypes
import Points
import Testing

@testable import Dashboard

@Suite struct StateRouteTests {
  let fixture = RouterFixture()

  @Test func averageKeepsItsPoint() async throws {
    #expect(
      try await fixture.get("/api/stats").body == """
        {"success":true,"data":{"total_points":180,"avg_points":90.0,"max_points":120,\
        "min_points":60}}
        """)
  }

  @Test func sumsBeyond64BitsAreRight() async throws {
    fixture.control.set { state in
      state.rows = state.rows.map { PointsRow(user: $0.user, points: .max, stamp: nil) }
    }
    #expect(
      try await fixture.get("/api/stats").body.contains(#""total_points":18446744073709551614"#))
  }

  @Test func statisticsOfNobodyAreZero() async throws {
    fixture.control.set { $0.rows = [] }
    #expect(try await fixture.get("/api/stats").body.contains(#""avg_points":0.0"#))
  }

  @Test func verifyNamesDifferences() async throws {
    #expect(
      try await fixture.get("/api/verify").body == """
        {"success":true,"data":{"users":2,"differences":[{"user":"Faiz","kind":"points",\
        "message":"60 points, the runs say 70"}],"notices":["row of Afif was re-created"]}}
        """)
  }

  @Test func aliveIsNotReady() async throws {
    fixture.control.set {
      $0.readinessFailure = ReadinessFailure(
        detail: "the database is away: /run/mysqld/mysqld.sock", summary: "the database is away")
    }
    #expect(try await fixture.get("/healthz").status == 200)
    let answer = try await fixture.send(.get, "/readyz", token: nil)
    #expect(answer.status == 503)
    #expect(try await fixture.get("/readyz").body.contains("/run/mysqld/mysqld.sock"))
    #expect(answer.body == #"{"success":false,"error":"the database is away"}"#)
    fixture.control.set { $0.readinessFailure = nil }
    #expect(try await fixture.get("/readyz").body == #"{"success":true,"data":{"status":"ready"}}"#)
  }

  @Test func metricsCountRequestsByRoute() async throws {
    _ = try await fixture.get("/api/users/Afif")
    _ = try await fixture.get("/api/users/nobody")
    let answer = try await fixture.get("/metrics")
    #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    let lines = answer.body.split(separator: "\n")
    #expect(
      lines.contains(
        #"pointsd_http_requests_total{method="GET",route="/api/users/{name}",status="404"} 1"#))
    #expect(lines.contains(#"pointsd_servers{status="running"} 2"#))
    for name in ["pointsd_database_up", "pointsd_database_available"] {
      #expect(lines.contains("\(name) 1"))
    }
    #expect(lines.contains("pointsd_points 180"))
    #expect(lines.contains("pointsd_points_age_seconds 0"))
    #expect(lines.contains("pointsd_process_start_time_seconds 1768228200"))
  }

  @Test func everyMetricIsExplained() async throws {
    _ = try await fixture.get("/api/users")
    let lines = try await fixture.get("/metrics").body.split(separator: "\n")
    func names(_ prefix: String) -> [Substring] {
      lines.filter { $0.hasPrefix(prefix) }.compactMap {
        $0.split(separator: " ").dropFirst(2).first
      }
    }
    #expect(names("# TYPE ").count > 20)
    #expect(names("# HELP ") == names("# TYPE "))
  }

  @Test(arguments: [
    "/api", "/api/", "/api/nothing", "/index.html", "/assets/..%2findex.html",
    "/assets/nothing.js", "/libraries/jquery.js", "/../etc/passwd", "/api/users/Afif/x/y",
  ])
  func unknownPathsAre404InJSON(path: String) async throws {
    let answer = try await fixture.get(path)
    #expect(answer.status == 404)
    #expect(answer.body == #"{"success":false,"error":"Not found"}"#)
  }

  @Test(arguments: [
    (HTTPRequest.Method.post, "/api/users", "GET, HEAD"),
    (.delete, "/api/users/Afif", "GET, HEAD"),
    (.get, "/api/users/Afif/pause", "POST"), (.head, "/api/users/Afif/pause", "POST"),
    (.put, "/api/users/Afif/adjust", "POST"), (.options, "/", "GET, HEAD"),
  ])
  func wrongMethodsAre405(method: HTTPRequest.Method, path: String, allowed: String) async throws {
    let answer = try await fixture.send(method, path)
    #expect(answer.status == 405)
    #expect(answer.headers[.allow] == allowed)
  }

  @Test(arguments: ["/", "/api/users", "/api/events", "/metrics", "/healthz", "/api/openapi.json"])
  func headAnswersWithoutABody(path: String) async throws {
    let answer = try await fixture.send(.head, path)
    #expect(answer.status == 200)
    #expect(answer.body.isEmpty)
  }

  @Test func everyAnswerCarriesTheHeadersOfCaution() async throws {
    for path in ["/", "/api/users", "/api/nothing"] {
      let headers = try await fixture.get(path).headers
      #expect(headers[.xContentTypeOptions] == "nosniff")
      #expect(headers[named: "Referrer-Policy"] == "same-origin")
      let policy = try #require(headers[.contentSecurityPolicy])
      #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; "))
      #expect(!policy.contains("unsafe"))
    }
  }

  @Test func theBodyIsBounded() async throws {
    let fits = #"{"reason":"x"}"# + String(repeating: " ", count: 64 * 1024 - 14)
    #expect(try await fixture.post("/api/users/Afif/pause", fits).status == 200)
    let answer = try await fixture.post("/api/users/Afif/pause", fits + " ")
    #expect(answer.status == 413)
    #expect(answer.body.hasPrefix(#"{"success":false,"error":""#))
  }
}
