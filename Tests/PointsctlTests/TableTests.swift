import Testing

@testable import pointsctl

@Suite struct TableTests {
  @Test func serversInColumns() throws {
    let plain = Style(colours: false)
    let lines = ListCommand.table(try Entries.parsed(), style: plain).lines(heading: plain.heading)
    #expect(
      lines.joined(separator: "\n") == """
        NAME       USER     PORT  STATUS       WANTED   SINCE                CONNECTIONS  REQUESTS  REASON
        server1    Afif     5001  running      running  2026-01-12 14:30:00            3      1200
        server2    Syahmi   5002  paused       paused   2026-01-12 14:30:00            3      1200  lunch
        server3    Irfan    5003  backing off  running  2026-01-12 14:30:00            3      1200  port 5003 is in use
        server_c1  Hairiel  6001  stopped      stopped  2026-01-12 14:30:00            3      1200
        server_c2  Faiz     6002  running      running  2026-01-12 14:30:00            3      1200
        """)
  }

  @Test func coloursDoNotMoveColumns() throws {
    let servers = try Entries.parsed()
    let plain = ListCommand.table(servers, style: Style(colours: false)).lines()
    let style = Style(colours: true)
    let coloured = ListCommand.table(servers, style: style).lines(heading: style.heading)
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
