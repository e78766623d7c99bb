import HTTPTypes
import Points
import Testing

@testable import Dashboard

@Suite struct LogRouteTests {
  private func fixture() -> RouterFixture {
    let fixture = RouterFixture()
    fixture.log.add("Updated Afif: Points=10", user: "Afif")
    fixture.log.add("started")
    return fixture
  }

  @Test func linesAreExact() async throws {
    let answer = try await fixture().get("/api/logs")
    #expect(answer.status == 200)
    #expect(answer.headers[.contentType] == "application/x-ndjson")
    #expect(
      answer.body == """
        {"id":"1768228200000-1","time":"1970-01-01 00:00:00","level":"info",\
        "message":"Updated Afif: Points=10","user":"Afif","server":null,"event":"test"}
        {"id":"1768228200000-2","time":"1970-01-01 00:00:00","level":"info",\
        "message":"started","user":null,"server":null,"event":"test"}

        """)
  }

  @Test func afterAnIdComesOnlyWhatIsNew() async throws {
    let answer = try await fixture().get("/api/logs?after=1768228200000-1")
    #expect(answer.body.split(separator: "\n").count == 1)
    // An id of an earlier daemon says nothing of this one's log.
    let other = try await fixture().get("/api/logs?after=1768228100000-1")
    #expect(other.body.split(separator: "\n").count == 2)
  }

  @Test func followingSendsEachLineOnce() async throws {
    let answer = try await fixture().get("/api/logs?follow=1")
    let ids = answer.body.split(separator: "\n").map { $0.prefix(27) }
    #expect(ids.count == 3 && Set(ids).count == 3)
    #expect(answer.body.contains("later"))
  }

  @Test(arguments: ["follow=2", "after=x", "after=1-2-3", "since=1", "after="])
  func wrongQueriesAre400(query: String) async throws {
    #expect(try await fixture().get("/api/logs?\(query)").status == 400)
  }

  @Test func theLogNeedsTheRightsOfAChange() async throws {
    #expect(try await fixture().send(.get, "/api/logs", token: nil).status == 401)
  }
}
