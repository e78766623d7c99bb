import Glibc
import Logging
import Points
import Testing

@testable import Lanes

/// Whole conversations as scripts: see `Replay` for their language.
@Suite struct ReplayTests {
  private func replay(
    _ script: String, limits: LaneLimits = LaneLimits(), refusals: Int = 64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var replay = try Replay(limits: limits, refusals: refusals)
    try replay.expect(script, sourceLocation: sourceLocation)
  }

  @Test func requestsAreAnsweredInOrderByARowReadAfterThem() throws {
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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

  @Test func halfCloseEndsWhatIsPending() throws {
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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
    try replay(
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

  @Test func whileTheDatabaseIsAway() throws {
    try replay(
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

  @Test func refusedClients() throws {
    try replay(
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
    try replay(
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
    try replay(
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

  @Test(arguments: [Logger.Level.debug, .info])
  func debugLinesNameThePeer(level: Logger.Level) throws {
    let lines = Faults()
    var logger = Logger(label: "lanes") { _ in LineHandler(lines: lines) }
    logger.logLevel = level
    var replay = try Replay(logger: logger)
    try replay.expect(
      #"""
      connect 1
      1: ping\n
        1 gets pong\n
      1 breaks
        1 is closed
      """#)
    let server = "client 192.0.2.1:4000 of server1 (Afif, port 5001)"
    let expected = ["\(server): connected", "\(server): ping requested", "\(server): closed"]
    #expect(lines.takeAll() == (level == .debug ? expected : []))
  }

  @Test func peersOfBothFamilies() {
    #expect("\(PeerAddress(ipv4: (127, 0, 0, 1), port: 40312))" == "127.0.0.1:40312")
    #expect("\(PeerAddress.unknown)" == "0.0.0.0:0")
    var storage = sockaddr_storage()
    storage.ss_family = sa_family_t(AF_INET6)
    withUnsafeMutableBytes(of: &storage) { bytes in
      bytes[2] = 0x13
      bytes[3] = 0x89
      bytes[23] = 1
    }
    #expect("\(PeerAddress(storage))" == "[::1]:5001")
    #expect(MemoryLayout<Connection>.stride == 64)
  }
}

/// Keeps what is logged.
private struct LineHandler: LogHandler {
  let lines: Faults
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.debug

  init(lines: Faults) { self.lines = lines }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add("\(event.message)") }
}
