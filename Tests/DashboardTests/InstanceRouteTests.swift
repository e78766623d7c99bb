import HTTPTypes
import Points
import Testing

@testable import Dashboard

/// Other daemons, and the audit.
struct InstanceRouteTests {
  private let fixture = RouterFixture()

  @Test func instancesAreListedAndForgotten() async throws {
    fixture.control.set {
      $0.instances = [
        .init(
          name: "host:/run/a.sock", seen: DateTimeStamp(secondsSinceEpoch: 0),
          users: ["Zoe", "Ann"],
          secondsUnseen: 60)
      ]
    }
    #expect(
      try await fixture.get("/api/instances").body == """
        {"success":true,"data":[{"name":"host:/run/a.sock","seen":"1970-01-01 00:00:00",\
        "lost":true,"users":["Ann","Zoe"]}]}
        """)
    let path = "/api/instances/host%3A%2Frun%2Fa.sock/forget"
    let answer = try await fixture.post(path, #"{"reason":"fire"}"#)
    #expect(
      answer.body
        == #"{"success":true,"data":[{"user":"Zoe","outcome":"done","reason":null}]}"#)
    #expect(fixture.control.changes == ["forget host:/run/a.sock"])
    #expect(fixture.control.operations.first?.reason == "fire")
    #expect(try await fixture.send(.post, path, token: nil).status == 401)
    #expect(try await fixture.send(.get, "/api/instances", token: nil).status == 401)
    fixture.control.set { $0.changeError = .conflict("it is alive") }
    #expect(try await fixture.post(path).status == 409)
  }

  @Test func theAuditIsReadPageByPage() async throws {
    fixture.control.set {
      $0.auditEntries = [
        AuditEntry(
          position: .init(milliseconds: 1001, id: "a-b"), kind: "adjust", requestedBy: "alice",
          reason: "exam", outcome: .done,
          users: [.init(user: "Afif", outcome: .done, points: -5)])
      ]
    }
    #expect(
      try await fixture.get("/api/audit?limit=1&profile=python").body == """
        {"success":true,"data":[{"id":"a-b","when":"1970-01-01 00:00:01","who":"alice",\
        "kind":"adjust","reason":"exam","outcome":"done",\
        "users":[{"user":"Afif","outcome":"done","points":-5}]}],"next":"1001-a-b"}
        """)
    #expect(
      try await fixture.get("/api/audit?before=1001-a-b&profile=ALL").body.contains("\"next\":null")
    )
    let asked = fixture.control.read { $0.audits }
    #expect(
      asked == [
        AuditSelection(limit: 1, users: ["Afif"]),
        AuditSelection(limit: 50, before: .init(milliseconds: 1001, id: "a-b")),
      ])
    // A modifier that is one character with the dash before it.
    #expect(try await fixture.get("/api/audit?before=03-%F0%9F%8F%BB").status == 200)
    for query in ["limit=0", "limit=1001", "before=x", "before=1-", "before=-1", "page=2"] {
      #expect(try await fixture.get("/api/audit?\(query)").status == 400, "\(query)")
    }
    #expect(try await fixture.get("/api/audit?profile=nobody").status == 404)
    #expect(try await fixture.send(.get, "/api/audit", token: nil).status == 401)
  }
}
