import Glibc
import Logging
import TestSupport
import Testing

@testable import Lanes

/// What the log says of connections, and how their peers are kept.
@Suite struct ConnectionLogTests {
  @Test(arguments: [Logger.Level.debug, .info])
  func debugLinesNameThePeer(level: Logger.Level) throws {
    let recorder = LogRecorder()
    var logger = recorder.logger
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
    #expect(recorder.lines == (level == .debug ? expected.map { "debug: \($0)" } : []))
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
    #expect(MemoryLayout<Connection>.stride == 80)
  }
}
