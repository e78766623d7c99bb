import NIOCore
import Testing

@testable import Dashboard

@Suite struct ShareTableTests {
  private typealias Table = ShareTable<Int>

  private func peer(_ address: String) throws -> PeerAddress? {
    PeerAddress(try SocketAddress(ipAddress: address, port: 1))
  }

  /// A table with so many connections of this machine, numbered from 1.
  private func table(limit: Int, _ count: Int) -> Table {
    var table = Table(limit: limit)
    for number in 1...count { _ = table.admit(number, peer: nil, as: .idle) }
    return table
  }

  @Test func theOldestIdleOneMakesRoomForTheNext() {
    var table = table(limit: 4, 3)
    #expect(table.change(1, to: .answering) == nil)
    #expect(table.change(1, to: .idle) == nil)
    #expect(table.admit(4, peer: nil) == .admitted(closing: 2))
    // Until it has closed there is no room, and nobody else is closed.
    #expect(!table.hasRoom)
    #expect(table.admit(5, peer: nil) == .refused)
    table.remove(2)
    #expect(table.hasRoom)
  }

  @Test func requestsUnderWayAreNeverClosed() {
    var table = table(limit: 3, 2)
    _ = table.change(1, to: .answering)
    _ = table.change(2, to: .answering)
    #expect(table.admit(3, peer: nil) == .admitted(closing: nil))
    #expect(table.change(3, to: .answering) == nil)
    #expect(!table.hasRoom)
    // As soon as one has come to its end it makes room.
    #expect(table.change(2, to: .idle) == 2)
  }

  @Test func slowRequestsMakeRoomWhenNoIdleOneCan() {
    var table = table(limit: 3, 2)
    _ = table.change(2, to: .receiving)
    _ = table.change(1, to: .receiving)
    #expect(table.admit(3, peer: nil) == .admitted(closing: 2))
    table.remove(2)
    #expect(table.change(3, to: .idle) == nil)
    // One that is done goes before one that is slow, unless there is none but itself.
    #expect(table.admit(4, peer: nil) == .admitted(closing: 3))
  }

  @Test func whoIsNotSetUpYetIsNeverClosed() {
    var table = table(limit: 3, 2)
    for number in 1...2 { _ = table.change(number, to: .answering) }
    #expect(table.admit(3, peer: nil) == .admitted(closing: nil))
    // Not for one that begins a request, and not when it is set up itself.
    #expect(table.change(2, to: .receiving) == nil)
    #expect(table.change(2, to: .answering) == nil)
    #expect(table.change(3, to: .idle) == nil)
    #expect(table.change(2, to: .receiving) == 3)
  }

  @Test func whoIsDoneMakesRoomWhenAllOthersAreAnswered() {
    var table = table(limit: 3, 2)
    for number in 1...2 { _ = table.change(number, to: .answering) }
    #expect(table.admit(3, peer: nil) == .admitted(closing: nil))
    #expect(table.change(3, to: .receiving) == nil)
    #expect(table.change(3, to: .idle) == 3)
  }

  @Test func whoTakesNothingMakesRoomAtOnceWhenThereIsNone() {
    var table = table(limit: 4, 3)
    for number in 1...3 { _ = table.change(number, to: .answering) }
    #expect(table.change(3, to: .stalled) == nil)
    #expect(table.change(3, to: .answering) == nil)
    #expect(table.admit(4, peer: nil) == .admitted(closing: nil))
    #expect(table.change(4, to: .idle) == nil)
    // Rather than the one that has just come.
    #expect(table.change(2, to: .stalled) == 2)
    #expect(table.change(1, to: .stalled) == nil)
    table.remove(2)
    #expect(table.hasRoom)
  }

  @Test func theOldestOfIdleAndStalledOnesMakesRoom() {
    var table = table(limit: 4, 3)
    _ = table.change(1, to: .answering)
    _ = table.change(1, to: .stalled)
    _ = table.change(2, to: .idle)
    #expect(table.admit(4, peer: nil) == .admitted(closing: 3))
    table.remove(3)
    #expect(table.admit(5, peer: nil) == .admitted(closing: 1))
    table.remove(1)
    #expect(table.admit(6, peer: nil) == .admitted(closing: 2))
  }

  @Test func onePeerHasHalf() throws {
    let stranger = try peer("192.0.2.1")
    var table = Table(limit: 8)
    for number in 1...4 {
      #expect(table.admit(number, peer: stranger, as: .idle) == .admitted(closing: nil))
    }
    #expect(table.admit(5, peer: stranger) == .admitted(closing: 1))
    table.remove(1)
    for number in 2...5 { _ = table.change(number, to: .answering) }
    #expect(table.admit(6, peer: stranger) == .refused)
    #expect(table.admit(7, peer: try peer("192.0.2.2")) == .admitted(closing: nil))
    table.remove(3)
    #expect(table.admit(8, peer: stranger) == .admitted(closing: nil))
  }

  @Test func thisMachineHasAll() throws {
    #expect(try peer("127.0.0.1") == nil)
    #expect(try peer("127.1.2.3") == nil)
    #expect(try peer("::1") == nil)
    #expect(try peer("::ffff:127.0.0.1") == nil)
    #expect(PeerAddress(nil) == nil)
  }

  @Test func anIPv6HostIsItsNetwork() throws {
    #expect(try peer("2001:db8::1") == peer("2001:db8::ffff:2"))
    #expect(try peer("2001:db8::1") != peer("2001:db8:0:1::1"))
    #expect(try peer("::ffff:192.0.2.1") == peer("192.0.2.1"))
    #expect(try peer("192.0.2.1") != peer("192.0.2.2"))
  }

  @Test func countsSurviveEverything() throws {
    let stranger = try peer("192.0.2.1")
    var table = Table(limit: 6)
    for round in 0..<100 {
      guard case .admitted(let victim) = table.admit(round, peer: stranger, as: .idle) else {
        Issue.record("refused in round \(round)")
        return
      }
      if let victim { table.remove(victim) }
      #expect(table.count <= 3)
    }
  }
}
