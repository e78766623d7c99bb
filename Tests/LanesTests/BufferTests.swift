import Glibc
import Testing

@testable import Lanes

/// What a client that never reads can make the kernel hold.
@Suite(.timeLimit(.minutes(1))) struct BufferTests {
  @Test func theKernelHoldsLittleForAClientThatNeverReads() async throws {
    let socket = try ListeningSocket.open(LaneFixture.specification())
    defer { Glibc.close(socket.descriptor) }
    let client = try Client(port: socket.port)
    let accepted = accept(socket.descriptor, nil, nil)
    defer { Glibc.close(accepted) }
    let piece = [UInt8](repeating: 97, count: 64 * 1024)
    var taken = 0
    while true {
      let sent = send(accepted, piece, piece.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      if sent <= 0 { break }
      taken += sent
    }
    // 3.9 MB without a bound. The client's own receive buffer is in it.
    #expect(taken < 512 * 1024, "\(taken)")
    client.close()
  }
}
