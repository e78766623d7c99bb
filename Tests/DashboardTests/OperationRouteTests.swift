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

  private func pause(key: String) async throws -> Int { try await answer(key: key).status }

  private func answer(key: String) async throws -> (status: Int, body: String) {
    var headers = HTTPFields()
    headers[named: "Idempotency-Key"] = key
    let answer = try await fixture.send(.post, "/api/users/Afif/pause", headers: headers)
    return (answer.status, answer.body)
  }

  /// 503 is "not done and never will be": of a key that a daemon before this one may have used only
  /// the ledger can say so.
  @Test func aKeyIsCalledNotDoneOnlyByALookIntoTheLedger() async throws {
    fixture.control.set { $0.changeError = .unavailable("away") }
    #expect(try await answer(key: "k") == (503, #"{"success":false,"error":"away"}"#))
    #expect(fixture.control.read { $0.selections.last } == .key("k", account: "token"))

    fixture.control.set { [record] in $0.records = [record] }
    let known = try await answer(key: "k")
    #expect(known.status == 504 && known.body.contains(#""operation":"abc""#))

    fixture.control.set { $0.operationsError = .unavailable("away") }
    let unknown = try await answer(key: "a/b ~")
    #expect(unknown.status == 504)
    #expect(unknown.body.contains(#""operation":"key-612f62207e""#))
    // Without a key nobody can have asked for the same before.
    #expect(try await fixture.post("/api/users/Afif/pause").status == 503)

    fixture.control.set { $0.operationsError = nil }
    let later = try await fixture.get("/api/operations/key-612f62207e")
    #expect(later.status == 200 && later.body.contains(#""id":"abc""#))
    guard case .key("a/b ~", _)? = fixture.control.read({ $0.selections.last }) else {
      Issue.record("the id stands for the key")
      return
    }
  }

  @Test(arguments: ["key-", "key-6", "key-zz", "key-00"])
  func anIdentifierOfNoKeyIsNoOperation(_ identifier: String) async throws {
    let status = try await fixture.get("/api/operations/\(identifier)").status
    #expect(status == 404 || status == 400)
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
