import Points
import Testing

@testable import Dashboard

@Suite struct HistoryRouteTests {
  let fixture = RouterFixture()

  @Test func aGapIsNullAndAPauseKeepsThePoints() async throws {
    let answer = try await fixture.get("/api/users/Afif/history")
    #expect(
      answer.body == """
        {"success":true,"data":[{"datetime_stamp":"2026-01-12 14:30:00","points":null},\
        {"datetime_stamp":"2026-01-12 14:30:00","points":10},\
        {"datetime_stamp":"2026-01-12 14:30:00","points":10,"earning":false}]}
        """)
    #expect(fixture.control.read { $0.ranges } == [.updates(20)])
  }

  @Test(arguments: [
    ("updates=1", HistoryRange.updates(1)), ("updates=1000", .updates(1000)),
    ("from=2026-01-12%2013:00:00&to=2026-01-12+14:00:00", .span(13, 14)),
    ("from=2026-01-12T13:00:00.000Z&to=2026-01-12T14:00:00Z", .span(13, 14)),
    (
      "from=2026-01-12",
      .span(from: .hour(0), to: DateTimeStamp(at: 2026, 1, 12, 14, 30, 5), points: 1000)
    ),
  ])
  func rangesAreRead(query: String, range: HistoryRange) async throws {
    #expect(try await fixture.get("/api/users/Afif/history?\(query)").status == 200)
    #expect(fixture.control.read { $0.ranges } == [range])
  }

  @Test(arguments: [
    "updates=0", "updates=1001", "updates=-1", "updates=x", "updates=", "updates=1&updates=2",
    "to=2026-01-12", "from=2026-02-30", "from=2026-13-01", "from=yesterday", "from=2026-1-1",
    "from=2026-01-12%2024:00:00", "from=2027-01-01", "from=2026-01-12&updates=5", "limit=5",
    "from=2026-01-12&to=2026-01-12", "from=%zz", "from=2026-01-12%20", "from=٢٠٢٦-01-12",
  ])
  func brokenRangesAre400(query: String) async throws {
    let answer = try await fixture.get("/api/users/Afif/history?\(query)")
    #expect(answer.status == 400)
    #expect(answer.body.hasPrefix(#"{"success":false,"error":""#))
  }
}

extension HistoryRange {
  fileprivate static func span(_ from: Int, _ to: Int) -> HistoryRange {
    .span(from: .hour(from), to: .hour(to), points: 1000)
  }
}

extension DateTimeStamp {
  fileprivate static func hour(_ hour: Int) -> DateTimeStamp {
    DateTimeStamp(at: 2026, 1, 12, hour, 0, 0)
  }
}
