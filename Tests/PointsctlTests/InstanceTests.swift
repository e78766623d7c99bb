import JSONText
import Testing

@testable import pointsctl

/// What is said of other daemons, and of who changed what.
@Suite struct InstanceTests {
  private func parsed(_ text: String) throws -> JSONNode { try JSONParser.parse(Array(text.utf8)) }

  @Test func lostInstancesAreNamedBelowTheList() throws {
    let data = try parsed(
      """
      [{"name":"a","seen":"2026-01-12 14:30:00","lost":false,"users":["Ann"]},
       {"name":"b:/s","seen":"2026-01-12 14:30:00","lost":true,"users":["Zoe","Bob"]}]
      """)
    #expect(
      ListCommand.lostInstances(data) == [
        """
        the instance b:/s was not seen since 2026-01-12 14:30:00 UTC; its users (Zoe, Bob) earn on \
        while their runs are open: start it, or pointsctl forget 'b:/s'
        """
      ])
  }

  @Test func forgettingSaysWhoIsLeft() throws {
    let data = try parsed(
      """
      [{"user":"Zoe","outcome":"done","reason":null},{"user":"Bob","outcome":"locked","reason":"x"}]
      """)
    #expect(
      try ForgetCommand.lines("b", data) == [
        "b is forgotten; nobody serves any more: Zoe",
        "their runs are closed later, their rows are locked: Bob",
      ])
    #expect(try ForgetCommand.lines("b", parsed("[]")) == ["b is forgotten"])
  }

  @Test func theAuditInColumns() throws {
    let entries = try #require(
      parsed(
        """
        [{"id":"1","when":"2026-01-12 14:30:01","who":"alice","kind":"adjust","reason":"exam",
          "outcome":"done","users":[{"user":"Afif","outcome":"done","points":-5}]},
         {"id":"2","when":"2026-01-12 14:30:00","who":"bob","kind":"stop","reason":null,
          "outcome":"void","users":[{"user":"A","outcome":"void","points":null},
          {"user":"B","outcome":"done","points":null},{"user":"C","outcome":"done","points":null},
          {"user":"D","outcome":"done","points":null}]}]
        """
      ).array)
    #expect(
      AuditCommand.table(entries, moment: Moment(isLocal: false)).lines() == [
        "WHEN                 WHAT         USERS                      POINTS  WHO    WHY",
        "2026-01-12 14:30:01  adjust       Afif                           -5  alice  exam",
        "2026-01-12 14:30:00  stop (void)  A (void), B, C and 1 more          bob",
      ])
    #expect(
      AuditCommand.newest(entries.reversed() + entries, 3).map(\.compact) == entries.map(\.compact))
  }
}
