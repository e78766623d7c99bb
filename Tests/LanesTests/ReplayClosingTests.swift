import Testing

@testable import Lanes

/// Ends of connections, and clients that read slowly, as scripts: see `Replay` for their language.
@Suite struct ReplayClosingTests {
  @Test func halfCloseEndsWhatIsPending() throws {
    try Replay.expect(
      #"""
      connect 1
      1: watch\nget
        reads Afif
      1 ends
        1 is not read
      row 1
        1 gets <1>\n
        reads Afif
      row 2
        1 gets <2>
        1 is closed
      """#)
  }

  @Test func aResetDropsWhatIsPending() throws {
    try Replay.expect(
      #"""
      connect 1
      1: get\n
        reads Afif
      1 breaks
        1 is closed
      row 1
      connect 2
      2: ping\n
        2 gets pong\n
      """#)
  }

  @Test func aSlowReaderIsNotRead() throws {
    try Replay.expect(
      #"""
      connect 1
      1 window 6
      1: ping\nping\nping\n
        1 gets pong\np
        1 is not read
      1: help\n
      1 window 3
        1 gets ong
      1 window
        1 gets \npong\n
        1 is read again
        1 gets Requests: get_data (also get, get_points, get_score, get_latest, fetch, request_latest_points), get_json, watch, ping, help, quit (also exit)\n
      """#)
  }

  @Test func aSlowWatcherSkipsToTheNewest() throws {
    try Replay.expect(
      #"""
      connect 1
      1: watch\n
        reads Afif
      row 1
        1 gets <1>\n
      1 window 5
      publish 2
        reads Afif
      row 2
        1 gets User:
        1 is not read
      publish 3
        reads Afif
      row 3
      publish 4
        reads Afif
      row 4
      1 window
        1 gets  Afif | Points: 2 | Last Update: never\n
        1 gets <4>\n
        1 is read again
      """#)
  }

  @Test func whatIsPendingIsBounded() throws {
    let requests = String(repeating: #"get\n"#, count: 512)
    let lines = String(repeating: #"<1>\n"#, count: 512)
    try Replay.expect(
      """
      connect 1
      1: get\\n
        reads Afif
      1: \(requests)
        1 is not read
      1: ping\\n
      row 1
        1 gets <1>\\n
        reads Afif
      row 1
        1 gets \(lines)
        1 is read again
        1 gets pong\\n
      """)
  }

  @Test func anOversizedRequest() throws {
    try Replay.expect(
      """
      connect 1
      1: ping\\n\(String(repeating: "x", count: 1025))\\nping\\n
        1 gets pong\\nRequest too long
        1 is at its end
      1: ping\\n
      wait 1000
        1 is closed
      """)
  }

  @Test func aStopWaitsForWhatIsPending() throws {
    try Replay.expect(
      #"""
      connect 1
      connect 2
      connect 3
      2: get\n
        reads Afif
      3: pin
      stop
        the listener is closed
        1 is closed
        2 is not read
        3 gets Invalid command. Use 'get_data' or 'quit'
        3 is at its end
      row 9
        2 gets <9>\n
        2 is at its end
        2 is read again
      2 ends
        2 is closed
      wait 1000
        3 is closed
        everything is closed
      """#)
  }

  @Test func aStopDoesNotWaitForEver() throws {
    try Replay.expect(
      #"""
      connect 1
      1: get\n
        reads Afif
      stop
        the listener is closed
        1 is not read
      wait 999
      wait 1
        1 gets Database unavailable\n
        1 is at its end
        1 is read again
      wait 1000
        1 is closed
        everything is closed
      """#)
  }

  @Test func refusedClients() throws {
    try Replay.expect(
      #"""
      connect 1
      connect 2
        2 gets Too many connections
        2 is at its end
      2: get\n
      2 ends
        2 is closed
      1 ends
        1 is not read
        reads Afif
      row 1
        1 gets <1>\n
        1 is closed
      connect 2
      2: ping\n
        2 gets pong\n
      """#, limits: LaneLimits(connectionsPerServer: 1))
  }

  /// A slot that was freed twice would be given to two clients.
  @Test func aRefusedClientThatIsGoneFreesItsSlotOnce() throws {
    try Replay.expect(
      #"""
      connect 1 gone
        1 is closed
      connect 2
        2 gets Too many connections
        2 is closed
      connect 3
        3 gets Too many connections
        3 is closed
      """#, limits: LaneLimits(connectionsPerServer: 0), refusals: 0)
  }

  @Test func idleClients() throws {
    try Replay.expect(
      #"""
      connect 1
      1: ping\n
        1 gets pong\n
      connect 2
      2: watch\n
        reads Afif
      row 1
        2 gets <1>\n
      wait 2000
        1 is at its end
      1 ends
        1 is closed
      """#, limits: LaneLimits(idleSeconds: 2))
  }
}
