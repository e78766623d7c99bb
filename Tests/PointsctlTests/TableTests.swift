import JSONText
import Testing

@testable import pointsctl

@Suite struct TableTests {
  private let utc = Moment(isLocal: false)

  private func listing() throws -> ServerListing {
    ServerListing(servers: try Entries.parsed(), json: .array([]), staleSeconds: nil)
  }

  /// What a line gives up, and in which order, where there is no room.
  @Test func aLineHasWhatThereIsRoomFor() throws {
    let plain = Style(colours: false)
    let eighty = try listing().lines(within: 80, style: plain, moment: utc)
    #expect(
      eighty.joined(separator: "\n") == """
        NAME       USER     PORT  POINTS  STATUS       WANTED   REASON
        server1    Afif     5001     120  running      running
        server2    Syahmi   5002     120  paused       paused   lunch
        server3    Irfan    5003     120  backing off  running  port 5003 is in use
        server_c1  Hairiel  6001     120  stopped      stopped
        server_c2  Faiz     6002     120  running      running
        """)
    let forty = try listing().lines(within: 40, style: plain, moment: utc)
    #expect(
      forty.joined(separator: "\n") == """
        USER     PORT  POINTS  STATUS
        Afif     5001     120  running
        Syahmi   5002     120  paused
        Irfan    5003     120  backing off
        Hairiel  6001     120  stopped
        Faiz     6002     120  running
        """)
  }

  @Test func aTextIsClippedByTheColumnsItTakes() {
    #expect(clipped("port 5003", to: 9) == "port 5003")
    #expect(clipped("port 5003", to: 6) == "port …")
    #expect(clipped("日本語", to: 5) == "日本…" && clipped("日本語", to: 4) == "日…")
  }

  @Test func ranksCountDigitsAsNumbersAndTiesByName() {
    let names = ["user10", "user2", "User1", "b", "user02"]
    #expect(
      Ranking.sorted(names, by: { _ in 1 }, then: { $0 }) == [
        "b", "User1", "user2", "user02", "user10",
      ])
    #expect(Ranking.sorted(["a", "b"], by: { $0 == "b" ? 2 : nil }, then: { $0 }) == ["b", "a"])
  }

  @Test func serversInColumns() throws {
    let plain = Style(colours: false)
    let lines = try listing().lines(within: nil, style: plain, moment: utc)
    #expect(
      lines.joined(separator: "\n") == """
        NAME       USER     ADDRESS    PORT  POINTS  STATUS       WANTED   SINCE                CONNECTIONS  REQUESTS  REASON
        server1    Afif     127.0.0.1  5001     120  running      running  2026-01-12 14:30:00            3      1200
        server2    Syahmi   127.0.0.1  5002     120  paused       paused   2026-01-12 14:30:00            3      1200  lunch
        server3    Irfan    127.0.0.1  5003     120  backing off  running  2026-01-12 14:30:00            3      1200  port 5003 is in use
        server_c1  Hairiel  127.0.0.1  6001     120  stopped      stopped  2026-01-12 14:30:00            3      1200
        server_c2  Faiz     127.0.0.1  6002     120  running      running  2026-01-12 14:30:00            3      1200
        """)
  }

  @Test func coloursDoNotMoveColumns() throws {
    let listing = try listing()
    let plain = listing.lines(within: nil, style: Style(colours: false), moment: utc)
    let coloured = listing.lines(within: nil, style: Style(colours: true), moment: utc)
    #expect(coloured != plain)
    #expect(coloured[1].contains("\u{1B}[32mrunning\u{1B}[0m"))
    #expect(coloured.map { $0.replacing(/\u{1B}\[[0-9;]*m/, with: "") } == plain)
  }

  @Test func wideAndHostileCells() {
    var table = Table(columns: [.init("NAME"), .init("N", .right)])
    table.add(["日本", "1"])
    table.add(["👩‍👩‍👧", "22"])
    table.add(["e\u{301}", "3"])
    table.add(["\u{1B}[2J", "4"])
    #expect(
      table.lines() == [
        "NAME        N", "日本        1", "👩‍👩‍👧         22", "e\u{301}           3", #"\u001B[2J   4"#,
      ])
  }

  @Test(arguments: [
    ("", 0), ("abc", 3), ("Zoë", 3), ("Zoe\u{308}", 3), ("日本", 4), ("한글", 4), ("💩", 2), ("❤️", 2),
    ("a\u{200B}b", 2), ("Ａ", 2),
  ])
  func widths(_ text: String, _ width: Int) {
    #expect(displayWidth(text) == width)
  }

  @Test func coloursOnlyWhereTheyAreWanted() {
    #expect(Style.colours(isTerminal: true, noColor: nil, terminal: "xterm"))
    #expect(Style.colours(isTerminal: true, noColor: "", terminal: nil))
    #expect(!Style.colours(isTerminal: true, noColor: "1", terminal: "xterm"))
    #expect(!Style.colours(isTerminal: true, noColor: nil, terminal: "dumb"))
    #expect(!Style.colours(isTerminal: false, noColor: nil, terminal: "xterm"))
  }
}
