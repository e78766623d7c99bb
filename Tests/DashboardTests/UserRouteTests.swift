import HTTPTypes
import Points
import TestSupport
import Testing

@testable import Dashboard

@Suite struct UserRouteTests {
  let fixture = RouterFixture()

  @Test func listHasEveryUserAndTheTime() async throws {
    let answer = try await fixture.get("/api/users")
    #expect(answer.status == 200)
    #expect(
      answer.body == """
        {"success":true,"data":[{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00"},\
        {"user":"Faiz","points":60,"datetime_stamp":null}],"timestamp":"2026-01-12 14:30:05"}
        """)
    #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
    #expect(answer.headers[.cacheControl] == "no-store")
  }

  /// The rows of one group read are encoded for the first who asks.
  @Test func thoseWhomOneReadAnswersShareItsText() async throws {
    let control = fixture.control
    try await fixture.withClient { send in
      func ask(version: UInt64?, points: Int64) async throws -> String {
        control.set {
          $0.version = version
          $0.rows[0] = PointsRow(user: "Afif", points: points, stamp: nil)
        }
        return try await send(.get, "/api/users", nil, HTTPFields()).body
      }
      let first = try await ask(version: 1, points: 120)
      #expect(first.contains(#"{"user":"Afif","points":120,"datetime_stamp":null}"#))
      #expect(try await ask(version: 1, points: 130) == first)
      #expect(try await ask(version: 2, points: 130).contains(#""points":130"#))
      #expect(try await ask(version: nil, points: 140).contains(#""points":140"#))
      #expect(try await ask(version: nil, points: 150).contains(#""points":150"#))
    }
  }

  @Test func staleRowsSaySo() async throws {
    fixture.control.set { $0.staleSeconds = 12 }
    #expect(try await fixture.get("/api/users").body.hasSuffix(#","stale_seconds":12}"#))
    #expect(try await fixture.get("/api/users/afif").body.hasSuffix(#","stale_seconds":12}"#))
    #expect(try await fixture.get("/api/stats").body.hasSuffix(#","stale_seconds":12}"#))
  }

  @Test(arguments: ["Afif", "afif", "AFIF", "server1", "SERVER1", "%41fif"])
  func oneUserGoesByEitherNameInAnyCase(name: String) async throws {
    let answer = try await fixture.get("/api/users/\(name)")
    #expect(
      answer.body
        == #"{"success":true,"data":{"user":"Afif","points":120,"datetime_stamp":"2026-01-12 14:30:00"}}"#
    )
  }

  @Test(arguments: ["", "/status", "/history"])
  func unknownUserIs404(path: String) async throws {
    let answer = try await fixture.get("/api/users/nobody\(path)")
    #expect(answer.status == 404)
    #expect(answer.body == #"{"success":false,"error":"User not found"}"#)
  }

  @Test func statusIsFlat() async throws {
    let path = "/api/users/Afif/status"
    #expect(
      try await fixture.get(path).body
        == #"{"success":true,"username":"Afif","status":"active"}"#)
    fixture.control.set { $0.servers[0].wanted = .paused }
    #expect(try await fixture.get(path).body.hasSuffix(#""status":"paused"}"#))
    fixture.control.set { $0.servers[0].wanted = .stopped }
    #expect(try await fixture.get(path).body.hasSuffix(#""status":"stopped"}"#))
  }

  @Test func toggleGoesBackAndForth() async throws {
    let toggle = "/api/users/Afif/toggle"
    #expect(try await fixture.post(toggle).body.contains(#""status":"paused""#))
    #expect(try await fixture.post(toggle).body.contains(#""status":"active""#))
    #expect(fixture.control.changes == ["toggle Afif", "toggle Afif"])
  }

  @Test func toggleOfAStoppedUserIsAConflict() async throws {
    fixture.control.set { $0.servers[0].wanted = .stopped }
    let answer = try await fixture.post("/api/users/Afif/toggle")
    #expect(answer.status == 409)
    #expect(fixture.control.changes.isEmpty)
  }

  @Test func resetIsFlat() async throws {
    let answer = try await fixture.post("/api/users/afif/reset")
    #expect(
      answer.body == #"{"success":true,"username":"Afif","message":"Points reset to 0"}"#)
    #expect(fixture.control.read { $0.rows[0].points } == 0)
  }

  @Test func adjustAddsAndAnswersTheUser() async throws {
    let answer = try await fixture.post(
      "/api/users/Afif/adjust", #"{"delta":-20,"reason":"counted twice"}"#)
    #expect(answer.body.contains(#""points":100"#))
    let operation = try #require(fixture.control.operations.first)
    #expect(operation.reason == "counted twice")
    #expect(operation.requestedBy == "token")
  }

  @Test func adjustBelowZeroIsAConflict() async throws {
    let answer = try await fixture.post(
      "/api/users/Afif/adjust", #"{"delta":-121,"reason":"too much"}"#)
    #expect(answer.status == 409)
    #expect(answer.body == #"{"success":false,"error":"points would fall below 0"}"#)
  }

  @Test(arguments: [
    ("", "Field 'delta' is missing"), ("{}", "Field 'delta' is missing"),
    (#"{"delta":5}"#, "Field 'reason' is missing"),
    (#"{"delta":5,"reason":"  "}"#, "Field 'reason' is missing"),
    (#"{"delta":0,"reason":"x"}"#, "'delta' must be a whole number"),
    (#"{"delta":1.5,"reason":"x"}"#, "'delta' must be a whole number"),
    (#"{"delta":"5","reason":"x"}"#, "'delta' must be a whole number"),
    (#"{"delta":true,"reason":"x"}"#, "'delta' must be a whole number"),
    (#"{"delta":null,"reason":"x"}"#, "'delta' must be a whole number"),
    (#"{"delta":9223372036854775808,"reason":"x"}"#, "'delta' must be a whole number"),
    (#"{"delta":1e400,"reason":"x"}"#, "'delta' must be a whole number"),
    (#"{"delta":5,"reason":"x","delta":-5}"#, "Field 'delta' stands twice"),
    (#"{"delta":5,"reason":"x","re\u0061son":"y"}"#, "Field 'reason' stands twice"),
    (#"{"delta":5,"reason":{"a":[{},{"b":1,"b":1}]}}"#, "Field 'reason.a[1].b' stands twice"),
    (#"[{"a":1,"a":2}]"#, "Field '[0].a' stands twice"),
    (#"{"delta":5,"reason":7}"#, "'reason' must be a text, it is a number"),
    (#"{"delta":5,"reason":"a\nb"}"#, "control characters"),
    (#"{"delta":5,"raison":"x"}"#, "Unknown field 'raison'"),
    (#"{"delta":5,"reason":"x""#, "not valid JSON"),
    ("[1]", "must be a JSON object, it is a list"), ("delta=5", "not valid JSON"),
  ])
  func brokenAdjustmentsSayWhatIsWrong(body: String, message: String) async throws {
    let answer = try await fixture.post("/api/users/Afif/adjust", body)
    #expect(answer.status == 400)
    #expect(answer.body.contains(message), "\(answer.body)")
    #expect(answer.body.hasPrefix(#"{"success":false,"error":""#))
    #expect(fixture.control.operations.isEmpty)
  }

  @Test func anOverlongReasonIsRefused() async throws {
    let reason = String(repeating: "ä", count: 256)
    let answer = try await fixture.post("/api/users/Afif/pause", #"{"reason":"\#(reason)"}"#)
    #expect(answer.status == 400)
    #expect(answer.body.contains("longer than 255"))
  }

  @Test func everyChangeIsLoggedWithWhoAndWhy() async throws {
    _ = try await fixture.post("/api/users/Afif/pause", #"{"reason":"lunch"}"#)
    #expect(
      fixture.recorder.lines.contains(
        "info: POST /api/users/Afif/pause asked by token: lunch"))
  }

  @Test func changesWithoutADatabaseAre503() async throws {
    fixture.control.set { $0.changeError = .unavailable("database unavailable: gone") }
    for path in ["pause", "resume", "toggle", "reset"] {
      let answer = try await fixture.post("/api/users/Afif/\(path)")
      #expect(answer.status == 503)
      #expect(answer.body == #"{"success":false,"error":"database unavailable: gone"}"#)
    }
  }

  @Test(arguments: [
    "Robert'); DROP TABLE", "<script>alert(1)</script>", "😀", "a/b", "50%", "a b", "Grüße",
    String(repeating: "ü", count: 50), "\"\\", "?#&+",
  ])
  func hostileNamesWork(name: String) async throws {
    fixture.control.set { state in
      state.servers[0].user = name
      state.rows[0] = PointsRow(user: name, points: 7, stamp: nil)
    }
    let encoded = name.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let answer = try await fixture.get("/api/users/\(encoded)")
    #expect(answer.status == 200)
    #expect(
      answer.body.contains(
        #""user":\#(String(decoding: JSON.string(name).encoded, as: UTF8.self))"#))
    #expect(try await fixture.post("/api/users/\(encoded)/pause").status == 200)
    #expect(fixture.control.changes == ["pause \(name)"])
  }

  @Test(arguments: ["%", "%4", "%zz", "%ff", "%C3"])
  func brokenEncodingIs400(name: String) async throws {
    #expect(try await fixture.get("/api/users/\(name)").status == 400)
  }
}
