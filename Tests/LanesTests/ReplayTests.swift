import Testing

@testable import Lanes

/// Requests and answers as scripts: see `Replay` for their language.
@Suite struct ReplayTests {
  @Test func requestsAreAnsweredInOrderByARowReadAfterThem() throws {
    try Replay.expect(
      #"""
      connect 1
      1: ping\nget_data
        1 gets pong\n
        reads Afif
      1: \nget_json\nping\n
      row 120
        1 gets <120>\n
        reads Afif
      row 121
        1 gets {"user":"Afif","points":121,"datetime_stamp":null}\npong\n
      1: quit
        1 is at its end
      1 ends
        1 is closed
      """#)
  }

  @Test func silenceEndsARequest() throws {
    try Replay.expect(
      #"""
      connect 1
      1: get
      wait 59
      wait 1
        reads Afif
      row 1
        1 gets <1>
      1: \r\n
        1 gets \n
      1: hello
      wait 60
        1 gets Invalid command. Use 'get_data' or 'quit'
      """#)
  }

  @Test func whoTypesIsNotCutShort() throws {
    try Replay.expect(
      #"""
      connect 1
      1: p
      wait 1000
      1: i
      wait 1000
      1: mg
      1: \b\b
      1: ng
      wait 1000
      1: \r\n
        1 gets pong\n
      1: pin
      wait 1000
      1: g
      1 ends
        1 gets pong
        1 is closed
      """#)
  }

  @Test func halfATypedLineIsNoRequestWhenTheServerStops() throws {
    try Replay.expect(
      #"""
      connect 1
      1: p
      wait 60
      1: ing
      stop
        the listener is closed
        1 is closed
        everything is closed
      """#)
  }

  @Test func aByteOrderMark() throws {
    try Replay.expect(
      #"""
      connect 1
      1: \xEF
      1: \xBB\xBFping
        1 gets pong
      1: \n\xEF\xBB\xBFping\n
        1 gets \nInvalid command. Use 'get_data' or 'quit'\n
      """#)
  }

  @Test func theLineThatIsSentUnasked() throws {
    try Replay.expect(
      #"""
      connect 1
      wait 299
      wait 1
        reads Afif
      row 5
        1 gets <5>\n
      1: get_data
      1: get_data
        reads Afif
      row 6
        1 gets <6>
      connect 2
      wait 300
        reads Afif
      2: ping\n
        2 gets pong\n
      row 7
      connect 3
      3 ends
        3 is not read
        reads Afif
      row 8
        3 gets <8>\n
        3 is closed
      """#)
  }

  @Test func whileTheDatabaseIsAway() throws {
    try Replay.expect(
      #"""
      publish 7
      connect 1
      1: get\n
        reads Afif
      wait 1000
        1 gets <7> | Stale: 1s\n
      1: get
      wait 60
        1 gets <7> | Stale: 1s
      row 8
        reads Afif
      row 8
      1: \nget\n
        1 gets \n
        reads Afif
      no row
        1 gets User not found\n
      """#)
  }
}
