import HTTPTypes
import Points
import Testing

@testable import Dashboard

/// Keys, outcomes and the list of operations.
struct OperationRouteTests {
  private let fixture = RouterFixture()

  private let record = OperationRecord(
    operation: Operation(id: "abc", requestedBy: "token", reason: "exam", key: "k"), kind: "pause",
    made: DateTimeStamp(secondsSinceEpoch: 0), outcome: .unknown,
    users: [.init(user: "Afif", result: .unknown)])

  @Test func anUnknownOutcomeIs504WithTheOperation() async throws {
    fixture.control.set { $0.changeError = .unknown(operation: "abc", "not known yet") }
    let answer = try await fixture.post("/api/users/Afif/pause")
    #expect(answer.status == 504)
    #expect(answer.body == #"{"success":false,"error":"not known yet","operation":"abc"}"#)
  }

  @Test func oneOperationIsFoundByItsID() async throws {
    fixture.control.set { $0.records = [record] }
    let answer = try await fixture.get("/api/operations/abc")
    #expect(
      answer.body == """
        {"success":true,"data":{"id":"abc","kind":"pause","user":"Afif","who":"token",\
        "reason":"exam","when":"1970-01-01 00:00:00","outcome":"unknown","key":"k",\
        "users":[{"user":"Afif","outcome":"unknown","reason":null}]}}
        """)
    fixture.control.set { $0.records = [] }
    #expect(try await fixture.get("/api/operations/abc").status == 404)
  }

  @Test func theListIsBoundedAndSearchedByKey() async throws {
    #expect(try await fixture.get("/api/operations").status == 200)
    #expect(try await fixture.get("/api/operations?limit=3").status == 200)
    #expect(try await fixture.get("/api/operations?key=a%20b").status == 200)
    let asked = fixture.control.read { $0.selections }
    #expect(asked.prefix(2) == [.latest(50), .latest(3)])
    guard case .key("a b", _)? = asked.last else {
      Issue.record("\(asked)")
      return
    }
    for query in ["limit=0", "limit=1001", "limit=0&key=a", "key=", "key=%00", "page=2"] {
      #expect(try await fixture.get("/api/operations?\(query)").status == 400)
    }
  }

  @Test func aKeyReachesTheChange() async throws {
    #expect(try await pause(key: "my key") == 200)
    #expect(fixture.control.operations.map(\.key) == ["my key"])
    #expect(try await pause(key: String(repeating: "k", count: 129)) == 400)
    let name = try #require(HTTPField.Name("Idempotency-Key"))
    let twice = HTTPFields(["one", "one"].map { HTTPField(name: name, value: $0) })
    #expect(try await fixture.send(.post, "/api/users/Afif/pause", headers: twice).status == 400)
    #expect(fixture.control.operations.count == 1)
  }

  private func pause(key: String) async throws -> Int {
    var headers = HTTPFields()
    headers[named: "Idempotency-Key"] = key
    return try await fixture.send(.post, "/api/users/Afif/pause", headers: headers).status
  }

  @Test func aGroupNamesWhoWasLeftOut() async throws {
    fixture.control.set {
      $0.outcomes = [
        .init(user: "Afif", result: .done),
        .init(user: "Faiz", result: .locked, reason: "a row is locked"),
      ]
    }
    let answer = try await fixture.post("/api/groups/all/pause")
    #expect(answer.status == 503)
    #expect(answer.body.contains("Faiz: a row is locked (1 of 2 done)"))
    #expect(answer.body.contains(#""operation":""#))
  }
}
